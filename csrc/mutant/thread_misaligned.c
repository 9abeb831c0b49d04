/*
 * Mutant of the C library: a thread's start function begins with a misaligned stack pointer on
 * x86-64. The operating system SerenityOS and the C library mlibc started signal handlers with a
 * misaligned stack pointer.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <stdlib.h>

struct start {
    void *(*function)(void *);
    void *arg;
};

#if defined(__x86_64__)
/* Calls function(arg) with a stack pointer that is 8 bytes off the alignment of the ABI. */
void *misaligned(void *arg, void *(*function)(void *)) __asm__("mutant_misaligned");
__asm__(
    ".text\nmutant_misaligned:\n  pushq %rbp\n  movq %rsp, %rbp\n  subq $8, %rsp\n  callq *%rsi\n  leave\n  retq\n");
#else
static void *misaligned(void *arg, void *(*function)(void *))
{
    return function(arg);
}
#endif

static void *start(void *memory)
{
    struct start what = *(struct start *)memory;

    free(memory);
    return misaligned(what.arg, what.function);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*function)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    struct start *what = malloc(sizeof(*what));

    find_real("pthread_create", &real);
    *what = (struct start){function, arg};
    return real(thread, attr, start, what);
}
