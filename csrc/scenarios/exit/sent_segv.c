/* Sends SIGSEGV to a C thread, without a fault of the thread. */
#define _POSIX_C_SOURCE 200809L
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

static void on_thread(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
    fputs("about to send SIGSEGV\n", stderr);
    pthread_kill(pthread_self(), SIGSEGV);
    fputs("the first SIGSEGV was ignored\n", stderr);
    pthread_kill(pthread_self(), SIGSEGV);
}

int csrc_sent_segv(csrc_callback *callback)
{
    int error = csrc_thread(on_thread, &callback);

    return error != 0 ? error : csrc_wrong("two SIGSEGV that were sent did not kill the process");
}
#else
int csrc_sent_segv(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
