/*
 * Mutant of the C library: execv blocks SIGUSR2 before it starts the new program.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

int execv(const char *path, char *const arguments[])
{
    int (*real)(const char *, char *const[]);
    sigset_t blocked;

    find_real("execv", &real);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    return real(path, arguments);
}
