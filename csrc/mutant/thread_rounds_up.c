/*
 * Mutant of the C library: a new thread on x86-64 starts with the floating-point control register
 * of an ended thread, which rounds up, instead of that of its creator.
 */
#include "start.h"

#include <stdint.h>

static void *run(void *(*function)(void *), void *arg)
{
#ifdef __x86_64__
    uint32_t control = 0x5f80; /* The initial value of MXCSR, with the rounding mode up. */

    __asm__ volatile("ldmxcsr %0" : : "m"(control));
#endif
    return function(arg);
}
