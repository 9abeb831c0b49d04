/*
 * Checks that makecontext passes nine arguments of type int, which is more than fit into the
 * registers for arguments.
 */
#define _XOPEN_SOURCE 600 /* macOS hides getcontext without this macro. */
#include "../probe.h"

#include <ucontext.h>

static char stack[64 << 10];
static ucontext_t here;
static ucontext_t there;
static int entered;

static void enter(int a, int b, int c, int d, int e, int f, int g, int h, int i)
{
    MUST(a == 1 && b == 2 && c == 3 && d == 4 && e == 5 && f == 6 && g == 7 && h == 8 && i == -9);
    entered = 1;
}

int main(void)
{
    MUST(getcontext(&there) == 0);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof(stack);
    there.uc_link = &here;
    makecontext(&there, (void (*)(void))enter, 9, 1, 2, 3, 4, 5, 6, 7, 8, -9);
    MUST(swapcontext(&here, &there) == 0);
    MUST(entered);
    HELD();
    return 0;
}
