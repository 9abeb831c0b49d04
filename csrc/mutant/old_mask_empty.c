/*
 * Mutant of the C library: pthread_sigmask returns an empty old mask.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <signal.h>
#include <stddef.h>

int pthread_sigmask(int how, const sigset_t *mask, sigset_t *old)
{
    int (*real)(int, const sigset_t *, sigset_t *);
    int error;

    find_real("pthread_sigmask", &real);
    error = real(how, mask, old);
    if (error == 0 && old != NULL) {
        sigemptyset(old);
    }
    return error;
}
