/*
 * Checks that exit runs the destructors that the main thread registered with
 * __cxa_thread_atexit_impl, before the functions of atexit.
 */
#include "../probe.h"

#include <unistd.h>

extern int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *dso);
extern void *__dso_handle;

static int object;
static int destroyed;

static void destructor(void *arg)
{
    MUST(arg == &object);
    destroyed++;
}

static void last(void)
{
    MUST(destroyed == 1);
    HELD();
    _exit(0);
}

int main(void)
{
    MUST(atexit(last) == 0);
    MUST(__cxa_thread_atexit_impl(destructor, &object, &__dso_handle) == 0);
    AWAIT("exit runs the function that atexit registered");
    return 2; /* If the function `last` runs, it replaces this status by 0. */
}
