/* Mutant of the C library: sigaction ignores the flag SA_RESTART. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <signal.h>
#include <stddef.h>

int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    int (*real)(int, const struct sigaction *, struct sigaction *);
    struct sigaction copy;

    find_real("sigaction", &real);
    if (action == NULL) {
        return real(number, NULL, old);
    }
    copy = *action;
    copy.sa_flags &= ~SA_RESTART;
    return real(number, &copy, old);
}
