/*
 * Checks that sigsuspend in a thread waits for a signal that pthread_kill sends, and restores the
 * signal mask afterwards.
 */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

static volatile sig_atomic_t handled;

static void handler(int number)
{
    (void)number;
    handled++;
}

static void *start(void *arg)
{
    sigset_t none;
    sigset_t mask;

    sigemptyset(&none);
    /* The thread has inherited a mask that blocks SIGUSR1, so sigsuspend cannot miss the signal. */
    MUST(sigsuspend(&none) == -1 && errno == EINTR);
    MUST(handled == 1);
    MUST(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    MUST(sigismember(&mask, SIGUSR1) == 1);
    return arg;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    pthread_t thread;
    sigset_t mask;

    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    MUST(pthread_sigmask(SIG_BLOCK, &mask, NULL) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_kill(thread, SIGUSR1) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(handled == 1);
    HELD();
    return 0;
}
