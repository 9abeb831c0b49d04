/*
 * Checks that swapcontext preserves the registers that a function call preserves. The function
 * `keep` needs more values after the call than a call preserves in registers.
 */
#define _XOPEN_SOURCE 600 /* macOS hides getcontext without this macro. */
#include "../probe.h"

#include <ucontext.h>

static char stack[64 << 10];
static ucontext_t here;
static ucontext_t there;
static volatile long one = 1;
static int entered;

/* Returns whether all variables have the same values before and after the switches. */
__attribute__((noinline)) static int keep(ucontext_t *from, ucontext_t *to, long seed)
{
    long a = seed * one, b = a + one, c = b + one, d = c + one, e = d + one, f = e + one;
    long g = f + one, h = g + one, i = h + one, j = i + one, k = j + one, l = k + one;
    int turn;

    for (turn = 0; turn < 3; turn++) {
        MUST(swapcontext(from, to) == 0);
        a += one, b += one, c += one, d += one, e += one, f += one;
        g += one, h += one, i += one, j += one, k += one, l += one;
    }
    seed += 3;
    return a == seed && b == seed + 1 && c == seed + 2 && d == seed + 3 && e == seed + 4 && f == seed + 5 &&
           g == seed + 6 && h == seed + 7 && i == seed + 8 && j == seed + 9 && k == seed + 10 && l == seed + 11;
}

static void enter(void)
{
    entered = 1;
    keep(&there, &here, 1000000);
}

int main(void)
{
    MUST(getcontext(&there) == 0);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof(stack);
    there.uc_link = NULL;
    makecontext(&there, enter, 0);
    MUST(keep(&here, &there, 5));
    MUST(entered);
    HELD();
    return 0;
}
