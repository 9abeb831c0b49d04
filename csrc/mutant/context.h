/*
 * A function sigaction whose handlers of SIGUSR1 change the saved registers of the interrupted code
 * when they return. A mutant of the C library includes this file and defines `lose`.
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "sigaction.h"

#include <ucontext.h>

/* Changes the registers that the kernel has saved. */
static void lose(ucontext_t *context);

static void (*handler)(int);

static void handle_and_lose(int number, siginfo_t *info, void *context)
{
    (void)info;
    handler(number);
    lose(context);
}

static void change(int number, struct sigaction *action)
{
    if (number == SIGUSR1 && !(action->sa_flags & SA_SIGINFO)) {
        handler = action->sa_handler;
        action->sa_sigaction = handle_and_lose;
        action->sa_flags |= SA_SIGINFO;
    }
}

#endif
