/*
 * Mutant of the C library: the stack pointer is misaligned in signal handlers.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <signal.h>
#include <stddef.h>

enum { MOST_SIGNALS = 65 };

static void (*handlers[MOST_SIGNALS])(int);

/* Calls the handler with a stack pointer that is 8 bytes off the alignment of the ABI. */
static void misaligned(int number)
{
    void (*handler)(int) = handlers[number];

#ifdef __x86_64__
    __asm__ volatile("sub $8, %%rsp\n\t"
                     "call *%1\n\t"
                     "add $8, %%rsp"
                     : "+D"(number)
                     : "b"(handler)
                     : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
#else
    handler(number);
#endif
}

int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    int (*real)(int, const struct sigaction *, struct sigaction *);
    struct sigaction copy;

    find_real("sigaction", &real);
    if (action == NULL || (number != SIGUSR1 && number != SIGUSR2)) {
        return real(number, action, old);
    }
    copy = *action;
    handlers[number] = action->sa_handler;
    copy.sa_handler = misaligned;
    return real(number, &copy, old);
}
