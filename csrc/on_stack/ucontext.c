/* To another stack with getcontext, makecontext and swapcontext. */
#define _XOPEN_SOURCE 600 /* the last one with these functions; macOS hides them without it */
#include "../testprog.h"

#include <errno.h>

#if HAVE_UCONTEXT
#ifdef __APPLE__
/* Deprecated since macOS 10.6, yet there. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
#include <ucontext.h>

/* makecontext passes ints only, which cannot carry a pointer everywhere. */
static _Thread_local struct {
    void (*body)(void *);
    void *arg;
} next;

static void enter(void)
{
    next.body(next.arg);
}

int csrc_on_stack_ucontext(void *stack, size_t size, void (*body)(void *), void *arg)
{
    ucontext_t here;
    ucontext_t there;

    if (getcontext(&there) == -1) {
        return errno;
    }
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = size;
    there.uc_link = &here;
    next.body = body;
    next.arg = arg;
    makecontext(&there, enter, 0);
    return swapcontext(&here, &there) == -1 ? errno : 0;
}
#else
int csrc_on_stack_ucontext(void *stack, size_t size, void (*body)(void *), void *arg)
{
    (void)stack;
    (void)size;
    (void)body;
    (void)arg;
    return ENOTSUP;
}
#endif
