/*
 * Mutant of the C library: pthread_kill to a thread that has ended signals another thread of the
 * process, as if the kernel had given the ID of the ended thread to the other thread.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int pthread_kill(pthread_t thread, int number)
{
    int (*real)(pthread_t, int);
    clockid_t clock;

    find_real("pthread_kill", &real);
    /* In glibc, this function returns ESRCH for a thread that has ended. */
    if (pthread_getcpuclockid(thread, &clock) != 0) {
        thread = pthread_self();
    }
    return real(thread, number);
}
