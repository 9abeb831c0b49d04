/* Calls quick_exit(3) on a C thread, after a callback. */
#include "../../testprog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__linux__) || defined(__FreeBSD__)
#define STATUS 6

static csrc_callback *call_back;
static char order[4];
static int ran;

static void third(void)
{
    order[ran++] = 'c';
}

/* A callback must work in a handler of at_quick_exit. */
static void second(void)
{
    call_back();
    order[ran++] = 'b';
}

/* Runs last, because it was registered first. */
static void first(void)
{
    order[ran++] = 'a';
    fprintf(stderr, "the handlers ran in the order %s\n", order);
}

/* quick_exit must not run this handler. */
static void at_exit(void)
{
    fputs("quick_exit ran a handler of atexit\n", stderr);
    _Exit(1);
}

static void on_thread(void *arg)
{
    int *failed = arg;

    call_back();
    *failed = at_quick_exit(first) | at_quick_exit(second) | at_quick_exit(third) | atexit(at_exit);
    if (*failed == 0) {
        quick_exit(STATUS);
    }
}

int csrc_quick_exit_on_thread(csrc_callback *callback)
{
    int failed = 0, error;

    call_back = callback;
    error = csrc_thread(on_thread, &failed);
    if (error != 0) {
        return error;
    }
    return failed != 0 ? csrc_wrong("a handler could not be registered") : csrc_wrong("quick_exit returned");
}
#else
int csrc_quick_exit_on_thread(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
