/* Mutant of the C library: sigaltstack reports success but sets no alternate signal stack. */
#define _GNU_SOURCE /* for stack_t */
#include <signal.h>
#include <stddef.h>

int sigaltstack(const stack_t *stack, stack_t *old)
{
    (void)stack;
    if (old != NULL) {
        *old = (stack_t){.ss_flags = SS_DISABLE};
    }
    return 0;
}
