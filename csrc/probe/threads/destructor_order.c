/*
 * Checks that a thread that ends first runs the destructors of __cxa_thread_atexit_impl, and then
 * the destructors of keys. Rust's std relies on the order of the two kinds of destructors.
 */
#include "../probe.h"

#include <pthread.h>

extern int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *dso);
extern void *__dso_handle;

static pthread_key_t key;
static int of_object;
static int of_key;

static void destroy_object(void *arg)
{
    (void)arg;
    MUST(of_key == 0);
    of_object++;
}

static void destroy_key(void *arg)
{
    (void)arg;
    MUST(of_object == 1);
    of_key++;
}

static void *start(void *arg)
{
    MUST(__cxa_thread_atexit_impl(destroy_object, &of_object, &__dso_handle) == 0);
    MUST(pthread_setspecific(key, &of_key) == 0);
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(pthread_key_create(&key, destroy_key) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(of_object == 1 && of_key == 1);
    HELD();
    return 0;
}
