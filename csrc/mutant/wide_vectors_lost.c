/*
 * Mutant of the C library: a handler's return restores only the lower halves of the vector
 * registers of AVX.
 */
#define _GNU_SOURCE /* for RTLD_NEXT and struct _libc_fpstate */
#include "real.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

static void (*handler)(int);

static void lose_halves(int number, siginfo_t *info, void *memory)
{
    ucontext_t *context = memory;

    (void)info;
    handler(number);
#ifdef __x86_64__
    {
        /* Bit 2 of the first field of the XSAVE header says that upper halves are stored. */
        char *header = (char *)context->uc_mcontext.fpregs + sizeof(struct _libc_fpstate);
        uint64_t parts;

        memcpy(&parts, header, sizeof(parts));
        parts &= ~(uint64_t)4;
        memcpy(header, &parts, sizeof(parts));
    }
#else
    (void)context;
#endif
}

int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    int (*real)(int, const struct sigaction *, struct sigaction *);
    struct sigaction copy;

    find_real("sigaction", &real);
    if (action == NULL || (action->sa_flags & SA_SIGINFO) || number != SIGUSR1) {
        return real(number, action, old);
    }
    copy = *action;
    handler = action->sa_handler;
    copy.sa_sigaction = lose_halves;
    copy.sa_flags |= SA_SIGINFO;
    return real(number, &copy, old);
}
