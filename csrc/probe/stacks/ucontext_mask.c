/* Checks that swapcontext switches the signal mask together with the context. */
#define _XOPEN_SOURCE 600
#include "../probe.h"

#include <signal.h>
#include <ucontext.h>

static char stack[64 << 10];
static ucontext_t here;
static ucontext_t there;
static int entered;

static void enter(void)
{
    sigset_t mask;

    MUST(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
    MUST(sigismember(&mask, SIGUSR1));
    entered = 1;
}

int main(void)
{
    sigset_t mask;

    MUST(getcontext(&there) == 0);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof(stack);
    there.uc_link = &here;
    sigaddset(&there.uc_sigmask, SIGUSR1);
    makecontext(&there, enter, 0);
    MUST(swapcontext(&here, &there) == 0);
    MUST(entered);
    MUST(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
    MUST(!sigismember(&mask, SIGUSR1));
    HELD();
    return 0;
}
