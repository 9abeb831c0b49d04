/*
 * Mutant of the C library: sigaction ignores sa_mask.
 */
#include "sigaction.h"

static void change(int number, struct sigaction *action)
{
    (void)number;
    sigemptyset(&action->sa_mask);
}
