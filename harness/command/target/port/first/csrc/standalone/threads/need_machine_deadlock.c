/*
 * Checks that a signal sent to a thread that blocks the signal is delivered once, to that thread,
 * after the thread unblocks the signal.
 */
#define _POSIX_C_SOURCE 200809L
#include "../standalone.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

static volatile sig_atomic_t handled;
static volatile sig_atomic_t is_blocked;
static pthread_t expected;

static void handler(int number)
{
    (void)number;
    handled++;
    if (is_blocked) {
        standalone_wrong("the signal handler ran while its thread blocked the signal");
    }
    if (!pthread_equal(pthread_self(), expected)) {
        standalone_wrong("the signal handler ran on another thread than the one that was signaled");
    }
    standalone_callback();
}

static void on_thread(void *arg)
{
    int *error = arg;
    sigset_t all;
    sigset_t before;
    int sent;

    expected = pthread_self();
    sigfillset(&all);
    *error = pthread_sigmask(SIG_SETMASK, &all, &before);
    is_blocked = 1;
    for (sent = 0; *error == 0 && sent < 8; sent++) {
        *error = pthread_kill(pthread_self(), SIGUSR1);
    }
    is_blocked = 0;
    if (*error == 0) {
        *error = pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
}

int standalone_need_machine_deadlock(void)
{
    struct sigaction action = {0};
    int blocked = 0;
    int error;

    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, NULL) == -1) {
        return standalone_held(errno, 0, 0);
    }
    error = csrc_thread(on_thread, &blocked);
    if (error == 0 && blocked == 0 && handled != 1) {
        standalone_wrong(
            "the signal handler did not run exactly once for a signal that was sent 8 times while blocked");
    }
    return standalone_held(error != 0 ? error : blocked, 1, 1);
}
