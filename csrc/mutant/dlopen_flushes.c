/*
 * Mutant of the C library: after dlopen, the calling thread treats denormal numbers as zero, on
 * x86-64 and aarch64.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <stdint.h>

void *dlopen(const char *path, int mode)
{
    void *(*real)(const char *, int);
    void *object;

    find_real("dlopen", &real);
    object = real(path, mode);
#if defined(__x86_64__)
    {
        uint32_t control;

        __asm__ volatile("stmxcsr %0" : "=m"(control));
        control |= 0x8040; /* FTZ and DAZ */
        __asm__ volatile("ldmxcsr %0" : : "m"(control));
    }
#elif defined(__aarch64__)
    {
        uint64_t control;

        __asm__ volatile("mrs %0, fpcr" : "=r"(control));
        control |= 1 << 24; /* FZ */
        __asm__ volatile("msr fpcr, %0" : : "r"(control));
    }
#endif
    return object;
}
