/*
 * Checks that a destructor of __cxa_thread_atexit_impl can register another destructor, which runs
 * before the thread ends. A thread-local variable of C++ or Rust registers a destructor at its first
 * use, which may happen in another variable's destructor.
 */
#include "../probe.h"

#include <pthread.h>

extern int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *dso);
extern void *__dso_handle;

static int destroyed[2];

static void second(void *arg)
{
    MUST(arg == &destroyed[1] && destroyed[0] == 1);
    destroyed[1]++;
}

static void first(void *arg)
{
    MUST(arg == &destroyed[0]);
    destroyed[0]++;
    MUST(__cxa_thread_atexit_impl(second, &destroyed[1], &__dso_handle) == 0);
}

static void *start(void *arg)
{
    MUST(__cxa_thread_atexit_impl(first, &destroyed[0], &__dso_handle) == 0);
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(destroyed[0] == 1 && destroyed[1] == 1);
    HELD();
    return 0;
}
