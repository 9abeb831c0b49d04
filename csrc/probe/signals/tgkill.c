/*
 * Checks that tgkill sends a signal to one thread of a process, and fails if the thread does not
 * belong to the process.
 */
#include "../probe.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static void *start(void *arg)
{
    sigset_t mask;

    sigemptyset(&mask);
    MUST(tgkill(getppid(), gettid(), 0) == -1);
    MUST(tgkill(getpid(), gettid(), SIGUSR1) == 0);
    MUST(sigpending(&mask) == 0 && sigismember(&mask, SIGUSR1) == 1);
    MUST(write(*(int *)arg, "", 1) == 1);
    for (;;) {
        pause(); /* The signal is pending for this thread, so the thread must not end. */
    }
    return arg;
}

int main(void)
{
    sigset_t mask;
    pthread_t thread;
    int ends[2];
    char byte;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    MUST(pthread_sigmask(SIG_BLOCK, &mask, NULL) == 0);
    MUST(pipe(ends) == 0);
    MUST(pthread_create(&thread, NULL, start, &ends[1]) == 0);
    MUST(read(ends[0], &byte, 1) == 1);
    MUST(sigpending(&mask) == 0 && sigismember(&mask, SIGUSR1) == 0);
    HELD();
    _exit(0);
}
