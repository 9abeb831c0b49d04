/*
 * Checks that a new thread inherits the signal mask of the thread that created it, and that a
 * change of the new thread's mask leaves the creator's mask alone.
 */
#include "../probe.h"

#include <pthread.h>
#include <signal.h>

static int ended;

static void *start(void *arg)
{
    sigset_t mask;

    MUST(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    MUST(sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGUSR2) == 0);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    MUST(pthread_sigmask(SIG_SETMASK, &mask, NULL) == 0);
    ended++;
    return arg;
}

int main(void)
{
    sigset_t mask;
    pthread_t thread;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    MUST(pthread_sigmask(SIG_SETMASK, &mask, NULL) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    MUST(sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGUSR2) == 0);
    MUST(ended == 1);
    HELD();
    return 0;
}
