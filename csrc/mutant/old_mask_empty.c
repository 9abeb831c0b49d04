/*
 * Mutant of the C library: pthread_sigmask returns an empty old mask.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

int pthread_sigmask(int how, const sigset_t *mask, sigset_t *old)
{
    int (*real)(int, const sigset_t *, sigset_t *);
    int error;
    void *symbol = dlsym(RTLD_NEXT, "pthread_sigmask");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    error = real(how, mask, old);
    if (error == 0 && old != NULL) {
        sigemptyset(old);
    }
    return error;
}
