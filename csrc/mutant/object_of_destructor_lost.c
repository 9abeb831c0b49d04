/*
 * Mutant of the C library: a shared object can be unloaded although a destructor of the object's
 * thread-local variables has not run yet.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object);

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object)
{
    static char in_mutant; /* glibc keeps the shared object that contains this variable loaded. */
    int (*real)(void (*)(void *), void *, void *);

    (void)object;
    find_real("__cxa_thread_atexit_impl", &real);
    return real(destructor, value, &in_mutant);
}
