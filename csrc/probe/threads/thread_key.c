/*
 * Checks that a thread that ends runs the destructor of a key that pthread_key_create made. The
 * key's destructor must get the thread's value as its argument, and pthread_getspecific must return
 * NULL in the destructor.
 */
#include "../probe.h"

#include <pthread.h>

static pthread_key_t key;
static int value;
static int destroyed;

static void destructor(void *arg)
{
    MUST(arg == &value);
    MUST(pthread_getspecific(key) == NULL);
    destroyed++;
}

static void *start(void *arg)
{
    MUST(pthread_setspecific(key, &value) == 0);
    MUST(pthread_getspecific(key) == &value);
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(pthread_key_create(&key, destructor) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(destroyed == 1);
    HELD();
    return 0;
}
