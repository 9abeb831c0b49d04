/* Mutant of the C library: the destructor of each thread-local variable runs twice. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object);

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object)
{
    int (*real)(void (*)(void *), void *, void *);

    find_real("__cxa_thread_atexit_impl", &real);
    real(destructor, value, object);
    return real(destructor, value, object);
}
