/*
 * Checks that getcontext, makecontext and swapcontext run a function on another stack, and that the
 * function returns through uc_link.
 */
#define _XOPEN_SOURCE 600 /* macOS hides getcontext without this macro. */
#include "../probe.h"

#include <stdint.h>
#include <ucontext.h>

static char stack[64 << 10];
static ucontext_t here;
static ucontext_t there;
static int was_there;

static void enter(void)
{
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

    was_there = (uintptr_t)stack < sp && sp <= (uintptr_t)stack + sizeof(stack);
}

int main(void)
{
    MUST(getcontext(&there) == 0);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof(stack);
    there.uc_link = &here;
    makecontext(&there, enter, 0);
    MUST(swapcontext(&here, &there) == 0);
    MUST(was_there);
    HELD();
    return 0;
}
