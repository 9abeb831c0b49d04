/*
 * Mutant of the C library: the destructor of a thread-local variable does not keep the shared
 * object loaded that contains the destructor.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <string.h>

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object);

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object)
{
    static char in_mutant; /* glibc keeps the object loaded that contains this variable. */
    int (*real)(void (*)(void *), void *, void *);
    void *symbol = dlsym(RTLD_NEXT, "__cxa_thread_atexit_impl");

    (void)object;
    /* ISO C has no conversion from a pointer to data to a pointer to a function. */
    memcpy(&real, &symbol, sizeof(real));
    return real(destructor, value, &in_mutant);
}
