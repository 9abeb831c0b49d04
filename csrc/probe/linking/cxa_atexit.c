/*
 * Checks that exit calls the functions that __cxa_atexit registered, in reverse order, each with
 * its argument. C++ registers the destructors of global objects with __cxa_atexit.
 */
#include "../probe.h"

#include <unistd.h>

extern int __cxa_atexit(void (*function)(void *), void *arg, void *dso);
extern void *__dso_handle;

static int ran;
static int object;

static void first(void *arg)
{
    MUST(arg == &object && ran == 0);
    ran++;
}

static void last(void *arg)
{
    MUST(arg == &ran && ran == 1);
    HELD();
    _exit(0);
}

int main(void)
{
    MUST(__cxa_atexit(last, &ran, &__dso_handle) == 0);
    MUST(__cxa_atexit(first, &object, &__dso_handle) == 0);
    AWAIT("exit runs the functions that __cxa_atexit registered");
    return 2; /* If the function `last` runs, it replaces this status by 0. */
}
