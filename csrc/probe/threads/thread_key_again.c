/*
 * Checks that the destructor of a key runs at least PTHREAD_DESTRUCTOR_ITERATIONS times if the
 * destructor sets the key's value again each time.
 */
#include "../probe.h"

#include <limits.h>
#include <pthread.h>

static pthread_key_t key;
static int destroyed;

static void destructor(void *arg)
{
    destroyed++;
    pthread_setspecific(key, arg);
}

static void *start(void *arg)
{
    MUST(pthread_setspecific(key, &key) == 0);
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(pthread_key_create(&key, destructor) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(destroyed >= PTHREAD_DESTRUCTOR_ITERATIONS);
    printf("%d times\n", destroyed);
    HELD();
    return 0;
}
