/*
 * Mutant of the C library: the stack pointer is misaligned in signal handlers.
 */
#include "sigaction.h"

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

static void change(int number, struct sigaction *action)
{
    if (number == SIGUSR1 || number == SIGUSR2) {
        handlers[number] = action->sa_handler;
        action->sa_handler = misaligned;
    }
}
