/*
 * Mutant of the C library: sigaction ignores the flag SA_NODEFER.
 */
#include "sigaction.h"

static void change(int number, struct sigaction *action)
{
    (void)number;
    action->sa_flags &= ~SA_NODEFER;
}
