/* Mutant of the C library: sigaction adds the flag SA_NODEFER to every signal handler. */
#include "sigaction.h"

static void change(int number, struct sigaction *action)
{
    (void)number;
    action->sa_flags |= SA_NODEFER;
}
