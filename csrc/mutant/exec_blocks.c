/*
 * Mutant of the C library: execv blocks SIGUSR2 before it starts the new program.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

int execv(const char *path, char *const arguments[])
{
    int (*real)(const char *, char *const[]);
    sigset_t blocked;
    void *symbol = dlsym(RTLD_NEXT, "execv");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    return real(path, arguments);
}
