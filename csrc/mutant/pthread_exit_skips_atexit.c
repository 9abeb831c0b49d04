/*
 * Mutant of the C library: pthread_exit of the main thread ends the process without the functions
 * of atexit.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

void pthread_exit(void *value)
{
    void (*real)(void *) __attribute__((noreturn));

    find_real("pthread_exit", &real);
    if (syscall(SYS_gettid) == getpid()) {
        _exit(0);
    }
    real(value);
}
