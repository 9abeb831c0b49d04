/* Mutant of the C library: the destructor of each thread-local variable runs twice. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <string.h>

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object);

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object)
{
    int (*real)(void (*)(void *), void *, void *);
    void *symbol = dlsym(RTLD_NEXT, "__cxa_thread_atexit_impl");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    real(destructor, value, object);
    return real(destructor, value, object);
}
