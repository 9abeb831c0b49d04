/*
 * Mutant of the C library: sigaltstack reports the old alternate stack as disabled.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <signal.h>
#include <stddef.h>

int sigaltstack(const stack_t *new_stack, stack_t *old_stack)
{
    int (*real)(const stack_t *, stack_t *);

    find_real("sigaltstack", &real);
    if (real(new_stack, old_stack) == -1) {
        return -1;
    }
    if (old_stack != NULL) {
        *old_stack = (stack_t){.ss_flags = SS_DISABLE};
    }
    return 0;
}
