/*
 * Mutant of the C library: a handler's return loses a vector register of the interrupted code, on
 * x86-64 and aarch64.
 */
#include "sigaction.h"

#include <ucontext.h>

static void (*handler)(int);

static void lose_register(int number, siginfo_t *info, void *memory)
{
    ucontext_t *context = memory;

    (void)info;
    handler(number);
#if defined(__x86_64__)
    memset(&context->uc_mcontext.fpregs->_xmm[7], 0, sizeof(context->uc_mcontext.fpregs->_xmm[7]));
#elif defined(__aarch64__)
    /* The record of the vector registers comes first: a header of 16 bytes, and the registers. */
    memset(context->uc_mcontext.__reserved + 16 + (size_t)7 * 16, 0, 16);
#else
    (void)context;
#endif
}

static void change(int number, struct sigaction *action)
{
    if (number == SIGUSR1 && !(action->sa_flags & SA_SIGINFO)) {
        handler = action->sa_handler;
        action->sa_sigaction = lose_register;
        action->sa_flags |= SA_SIGINFO;
    }
}
