/*
 * Mutant of the C library: a handler's return restores only the lower halves of the vector
 * registers of AVX.
 */
#include "sigaction.h"

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

static void change(int number, struct sigaction *action)
{
    if (number == SIGUSR1 && !(action->sa_flags & SA_SIGINFO)) {
        handler = action->sa_handler;
        action->sa_sigaction = lose_halves;
        action->sa_flags |= SA_SIGINFO;
    }
}
