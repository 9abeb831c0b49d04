/*
 * Mutant of the C library: a new thread on x86-64 starts with the floating-point control register
 * of an ended thread, which rounds up, instead of that of its creator.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

struct start {
    void *(*function)(void *);
    void *arg;
};

static void *start(void *memory)
{
    struct start what = *(struct start *)memory;
#ifdef __x86_64__
    uint32_t control = 0x5f80; /* The initial value of MXCSR, with the rounding mode up. */

    __asm__ volatile("ldmxcsr %0" : : "m"(control));
#endif
    free(memory);
    return what.function(what.arg);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*function)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    struct start *what = malloc(sizeof(*what));

    find_real("pthread_create", &real);
    *what = (struct start){function, arg};
    return real(thread, attr, start, what);
}
