/*
 * Exits on a C thread while the main thread handles a signal on its signal stack. An exit
 * handler sends the signal, so the signal arrives in the middle of the exit.
 */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700 /* for SA_ONSTACK */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_t main_thread;
static int pipe_ends[2];

/* Writes one byte to the pipe: y if this thread is the main thread, n if it is another thread. */
static void handler(int number)
{
    const char *byte = pthread_equal(pthread_self(), main_thread) ? "y" : "n";

    (void)number;
    if (write(pipe_ends[1], byte, 1) != 1) {
        _exit(2);
    }
}

static void signal_main_thread(void)
{
    char byte = 'n';

    /*
     * The default action also kills the process in qemu-user 7.2, which loses a SIGSEGV whose handler
     * it cannot start because the alternate stack is freed. The handler is that of Rust's standard
     * library.
     */
    signal(SIGSEGV, SIG_DFL);
    fputs("about to signal the main thread\n", stderr);
    pthread_kill(main_thread, SIGUSR1);
    if (read(pipe_ends[0], &byte, 1) == 1 && byte == 'y') {
        fputs("the main thread handled the signal\n", stderr);
    } else {
        fputs("another thread handled the signal\n", stderr);
    }
}

static void on_thread(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
    /* Only the C-only child reaches this line, because only its callback returns. */
    exit(0);
}

int csrc_exit_while_signaled(csrc_callback *callback)
{
    struct sigaction action = {0};
    int error;

    main_thread = pthread_self();
    sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    if (pipe(pipe_ends) == -1 || sigaction(SIGUSR1, &action, NULL) == -1) {
        return errno;
    }
    if (atexit(signal_main_thread) != 0) {
        return csrc_wrong("atexit failed");
    }
    error = csrc_thread(on_thread, &callback);
    return error != 0 ? error : csrc_wrong("exit returned");
}
#else
int csrc_exit_while_signaled(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
