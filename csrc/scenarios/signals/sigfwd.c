/* Installs a handler of SIGSEGV before main, and checks that a fault in C reaches the handler. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static sigjmp_buf before_fault;
static volatile sig_atomic_t handled;
static int *volatile nowhere;

static void handler(int number)
{
    (void)number;
    handled++;
    siglongjmp(before_fault, 1);
}

/*
 * Runs before main in every process of the child program, and installs the handler only if the
 * scenario's environment variable is set.
 */
__attribute__((constructor)) static void install(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

    if (getenv("TESTPROG_SIGFWD") != NULL) {
        sigemptyset(&action.sa_mask);
        sigaction(SIGSEGV, &action, NULL);
        sigaction(SIGBUS, &action, NULL);
    }
}

int csrc_sigfwd(csrc_callback *callback)
{
    struct sigaction now;

    callback();
    if (sigaction(SIGSEGV, NULL, &now) == -1) {
        return errno;
    }
    if (now.sa_handler != handler) {
        return csrc_wrong("another handler has replaced the handler of SIGSEGV that C installed before main");
    }
    if (sigsetjmp(before_fault, 1) == 0) {
        fputs("about to write to address 0\n", stderr);
        *(volatile int *)nowhere = 1;
    }
    callback();
    return handled == 1 ? 0 : csrc_wrong("the handler ran %d times instead of once", (int)handled);
}
#else
int csrc_sigfwd(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
