/*
 * Checks that 100 keys of pthread_key_create have separate values in each thread, and that a deleted
 * key leaves no value to a later key. POSIX requires 128 keys; the C library may use some of the
 * keys itself.
 */
#include "../probe.h"

#include <pthread.h>

#define FEWEST 100
#define MOST 2000

static pthread_key_t keys[MOST];
static int values[2][FEWEST];
static int ended;

static void use(int *mine)
{
    int each;

    for (each = 0; each < FEWEST; each++) {
        MUST(pthread_getspecific(keys[each]) == NULL);
        MUST(pthread_setspecific(keys[each], &mine[each]) == 0);
    }
    for (each = 0; each < FEWEST; each++) {
        MUST(pthread_getspecific(keys[each]) == &mine[each]);
    }
}

static void *start(void *arg)
{
    use(values[1]);
    ended++;
    return arg;
}

int main(void)
{
    pthread_t thread;
    int count = 0;
    int each;

    while (count < MOST && pthread_key_create(&keys[count], NULL) == 0) {
        count++;
    }
    MUST(count >= FEWEST);
    use(values[0]);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    for (each = 0; each < FEWEST; each++) {
        MUST(pthread_getspecific(keys[each]) == &values[0][each]);
    }
    for (each = 0; each < count; each++) {
        MUST(pthread_key_delete(keys[each]) == 0);
    }
    for (each = 0; each < FEWEST; each++) {
        MUST(pthread_key_create(&keys[each], NULL) == 0);
        MUST(pthread_getspecific(keys[each]) == NULL);
    }
    printf(count == MOST ? "%d or more\n" : "%d\n", count);
    MUST(ended == 1);
    HELD();
    return 0;
}
