/*
 * Mutant of the C library: pthread_attr_setstack sets only the size of the stack, so a thread does
 * not run on the memory that the program has chosen.
 */
#define _GNU_SOURCE
#include <pthread.h>

int pthread_attr_setstack(pthread_attr_t *attr, void *stack, size_t size)
{
    (void)stack;
    return pthread_attr_setstacksize(attr, size);
}
