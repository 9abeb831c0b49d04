/*
 * Mutant of the C library: swapcontext sets the rounding mode to the default mode. Early versions
 * of libucontext did not save the floating-point control registers.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <stdint.h>
#include <ucontext.h>

int swapcontext(ucontext_t *from, const ucontext_t *to)
{
    int (*real)(ucontext_t *, const ucontext_t *);
    int result;

    find_real("swapcontext", &real);
    result = real(from, to);
#if defined(__x86_64__)
    {
        uint32_t initial = 0x1f80; /* value of MXCSR at the start of a process */

        __asm__ volatile("ldmxcsr %0" : : "m"(initial));
    }
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, xzr");
#endif
    return result;
}
