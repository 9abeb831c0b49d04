/* Mutant of the C library: swapcontext unblocks all signals. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

int swapcontext(ucontext_t *from, const ucontext_t *to)
{
    int (*real)(ucontext_t *, const ucontext_t *);
    sigset_t none;
    int result;

    find_real("swapcontext", &real);
    result = real(from, to);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    return result;
}
