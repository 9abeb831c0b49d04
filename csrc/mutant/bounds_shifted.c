/*
 * Mutant of the C library: pthread_attr_getstack reports a stack 4096 bytes below the true stack.
 * mlibc reports such bounds, because mlibc counts the guard page to the address of the stack but
 * not to the size.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

int pthread_attr_getstack(const pthread_attr_t *attr, void **stack, size_t *size)
{
    int (*real)(const pthread_attr_t *, void **, size_t *);
    void *symbol = dlsym(RTLD_NEXT, "pthread_attr_getstack");
    int error;

    /* ISO C has no conversion from a pointer to data to a pointer to a function. */
    memcpy(&real, &symbol, sizeof(real));
    error = real(attr, stack, size);
    if (error == 0) {
        *stack = (char *)*stack - 4096;
    }
    return error;
}
