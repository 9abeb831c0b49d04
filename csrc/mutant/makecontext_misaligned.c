/*
 * Mutant of the C library: a context's function starts with a stack pointer that is 8 bytes lower
 * than it should be. The mutant's makecontext passes no arguments to the context's function.
 */
#define _GNU_SOURCE /* for RTLD_NEXT and REG_RSP */
#include "real.h"

#include <ucontext.h>

void makecontext(ucontext_t *context, void (*function)(void), int count, ...)
{
    void (*real)(ucontext_t *, void (*)(void), int, ...);

    find_real("makecontext", &real);
    (void)count;
    real(context, function, 0);
#if defined(__x86_64__)
    {
        greg_t *sp = &context->uc_mcontext.gregs[REG_RSP];
        greg_t return_address = *(greg_t *)*sp;

        *sp -= 8;
        *(greg_t *)*sp = return_address;
    }
#elif defined(__aarch64__)
    context->uc_mcontext.sp -= 8;
#endif
}
