/*
 * Mutant of the C library: pthread_sigmask with SIG_BLOCK replaces the thread's signal mask instead
 * of adding signals to the mask.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <signal.h>
#include <stddef.h>

int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    int (*real)(int, const sigset_t *, sigset_t *);

    find_real("pthread_sigmask", &real);
    return real(how == SIG_BLOCK && set != NULL ? SIG_SETMASK : how, set, old);
}
