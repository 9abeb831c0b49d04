/* Mutant of the C library: a handler gets a null pointer as the address of a fault. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <signal.h>
#include <stddef.h>

static void (*handlers[2])(int, siginfo_t *, void *);

static void lose_address(int number, siginfo_t *info, void *context)
{
    siginfo_t copy = *info;

    copy.si_addr = NULL;
    handlers[number == SIGBUS](number, &copy, context);
}

int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    int (*real)(int, const struct sigaction *, struct sigaction *);
    struct sigaction copy;

    find_real("sigaction", &real);
    if (action == NULL || !(action->sa_flags & SA_SIGINFO) || (number != SIGSEGV && number != SIGBUS)) {
        return real(number, action, old);
    }
    copy = *action;
    handlers[number == SIGBUS] = action->sa_sigaction;
    copy.sa_sigaction = lose_address;
    return real(number, &copy, old);
}
