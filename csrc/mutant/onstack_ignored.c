/*
 * Mutant of the C library: sigaction ignores the flag SA_ONSTACK.
 */
#include "sigaction.h"

static void change(int number, struct sigaction *action)
{
    (void)number;
    action->sa_flags &= ~SA_ONSTACK;
}
