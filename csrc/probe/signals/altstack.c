/*
 * Checks that a signal handler runs on the stack given to sigaltstack, and that siglongjmp out of
 * the handler restores the signal mask that sigsetjmp saved.
 */
#include "../probe.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

static char stack[64 << 10];
static sigjmp_buf back;
static int was_there;

static void handler(int number)
{
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

    (void)number;
    was_there = (uintptr_t)stack < sp && sp <= (uintptr_t)stack + sizeof(stack);
    siglongjmp(back, 1);
}

int main(void)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    sigset_t mask;

    MUST(sigaltstack(&alternate, NULL) == 0);
    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    if (sigsetjmp(back, 1) == 0) {
        MUST(raise(SIGUSR1) == 0);
    }
    MUST(was_there);
    sigfillset(&mask);
    MUST(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
    MUST(!sigismember(&mask, SIGUSR1)); /* The kernel blocked SIGUSR1 in the handler. */
    HELD();
    return 0;
}
