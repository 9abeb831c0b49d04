/* Mutant of the C library: a handler gets a null pointer as the address of a fault. */
#include "sigaction.h"

static void (*handlers[2])(int, siginfo_t *, void *);

static void lose_address(int number, siginfo_t *info, void *context)
{
    siginfo_t copy = *info;

    copy.si_addr = NULL;
    handlers[number == SIGBUS](number, &copy, context);
}

static void change(int number, struct sigaction *action)
{
    if ((number == SIGSEGV || number == SIGBUS) && (action->sa_flags & SA_SIGINFO)) {
        handlers[number == SIGBUS] = action->sa_sigaction;
        action->sa_sigaction = lose_address;
    }
}
