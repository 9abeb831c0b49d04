/*
 * Checks that a thread that ends runs the destructors that it registered with
 * __cxa_thread_atexit_impl. C++ and Rust register the destructors of thread-local variables with
 * __cxa_thread_atexit_impl.
 */
#include "../probe.h"

#include <pthread.h>

extern int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *dso);
extern void *__dso_handle;

static int object;
static int destroyed;

static void destructor(void *arg)
{
    MUST(arg == &object);
    destroyed++;
}

static void *start(void *arg)
{
    MUST(__cxa_thread_atexit_impl(destructor, &object, &__dso_handle) == 0);
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(destroyed == 1);
    HELD();
    return 0;
}
