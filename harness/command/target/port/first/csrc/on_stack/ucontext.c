/* Switches stacks with getcontext, makecontext and swapcontext. */
/*
 * The value 600 selects POSIX.1-2001, the last version with getcontext. Without the macro
 * _XOPEN_SOURCE, the headers of macOS hide getcontext.
 */
#define _XOPEN_SOURCE 600
#include "../testprog.h"
#include "sanitizer.h"

#include <errno.h>

#if HAVE_UCONTEXT
#ifdef __APPLE__
/*
 * macOS 10.6 and later still has getcontext, makecontext and swapcontext, but marks these functions
 * as deprecated.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
#include <ucontext.h>

/*
 * Arguments of the function `enter`, passed in a thread-local variable because makecontext passes
 * only ints, and an int may be too small for a pointer.
 */
static _Thread_local struct {
    void (*body)(void *);
    void *arg;
    struct left_stack *left;
} next;

static void enter(void)
{
    struct left_stack *left = next.left;

    arrive_from(left);
    next.body(next.arg);
    go_back_to(left);
}

int csrc_on_stack_ucontext(void *stack, size_t size, void (*body)(void *), void *arg)
{
    ucontext_t here;
    ucontext_t there;
    struct left_stack left;
    int error;

    if (getcontext(&there) == -1) {
        return errno;
    }
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = size;
    there.uc_link = &here;
    next.body = body;
    next.arg = arg;
    next.left = &left;
    makecontext(&there, enter, 0);
    leave_for(&left, stack, size);
    error = swapcontext(&here, &there) == -1 ? errno : 0;
    be_back_on(&left);
    return error;
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
