/*
 * Mutant of the C library: pthread_attr_getstack reports a stack one page too high. The C library
 * mlibc reports the guard page's address as the lower end, with the size of the stack without the
 * guard page.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <stddef.h>

int pthread_attr_getstack(const pthread_attr_t *attr, void **lowest, size_t *size)
{
    int (*real)(const pthread_attr_t *, void **, size_t *);
    int error;

    find_real("pthread_attr_getstack", &real);
    error = real(attr, lowest, size);
    *lowest = (char *)*lowest + 4096;
    return error;
}
