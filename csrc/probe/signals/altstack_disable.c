/*
 * Checks that sigaltstack refuses a stack that is too small, refuses a change while a handler runs
 * on the alternate signal stack, and removes the stack if the flag is SS_DISABLE.
 */
#include "../probe.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

static char stack[64 << 10];
static volatile sig_atomic_t handled;

static int is_on_stack(void)
{
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

    return (uintptr_t)stack < sp && sp <= (uintptr_t)stack + sizeof(stack);
}

static void handler(int number)
{
    stack_t none = {.ss_flags = SS_DISABLE};

    (void)number;
    if (handled == 0) {
        MUST(is_on_stack());
        MUST(sigaltstack(&none, NULL) == -1 && errno == EPERM);
    } else {
        MUST(!is_on_stack());
    }
    handled++;
}

int main(void)
{
    stack_t small = {.ss_sp = stack, .ss_size = 16};
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    stack_t none = {.ss_flags = SS_DISABLE};
    stack_t now;
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

    MUST(sigaltstack(&small, NULL) == -1 && errno == ENOMEM);
    MUST(sigaltstack(&alternate, NULL) == 0);
    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    MUST(raise(SIGUSR1) == 0);
    /* The field ss_size is 0, which macOS and some C libraries refuse. */
    MUST(sigaltstack(&none, &now) == 0 && now.ss_sp == stack);
    MUST(sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) != 0);
    MUST(raise(SIGUSR1) == 0);
    MUST(handled == 2);
    HELD();
    return 0;
}
