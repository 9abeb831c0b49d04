/*
 * Mutant of the C library: swapcontext changes a callee-saved register. The library libSystem of
 * Mac OS X 10.7 did not restore two registers (https://openradar.appspot.com/12581792).
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <ucontext.h>

int swapcontext(ucontext_t *from, const ucontext_t *to)
{
    int (*real)(ucontext_t *, const ucontext_t *);
    int result;

    find_real("swapcontext", &real);
    result = real(from, to);
    /*
     * The compiler does not know that this code changes the register, so the compiler does not
     * restore the register.
     */
#if defined(__x86_64__)
    __asm__ volatile("xorl %r14d, %r14d");
#elif defined(__aarch64__)
    __asm__ volatile("mov x26, xzr");
#endif
    return result;
}
