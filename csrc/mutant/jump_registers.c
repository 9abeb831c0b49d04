/*
 * Mutant of the C library: longjmp loses the value of a callee-saved register, on x86-64 and
 * aarch64.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <setjmp.h>

void longjmp(jmp_buf place, int value)
{
    void (*real)(jmp_buf, int);

    find_real("longjmp", &real);
#if defined(__x86_64__)
    place[0].__jmpbuf[4] = 0; /* Element in which glibc's setjmp stores the register r14. */
#elif defined(__aarch64__)
    place[0].__jmpbuf[7] = 0; /* Element in which glibc's setjmp stores the register x26. */
#endif
    real(place, value);
    __builtin_unreachable();
}
