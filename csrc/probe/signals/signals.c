/*
 * Checks that a signal that pthread_kill sends to one thread stays pending while that thread blocks
 * the signal.
 */
#include "../probe.h"

#include <pthread.h>
#include <signal.h>

static volatile sig_atomic_t handled;
static pthread_t target;

static void handler(int number)
{
    (void)number;
    MUST(pthread_equal(pthread_self(), target));
    handled++;
}

static void *start(void *arg)
{
    sigset_t mask;

    target = pthread_self();
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    MUST(pthread_sigmask(SIG_BLOCK, &mask, NULL) == 0);
    MUST(pthread_kill(pthread_self(), SIGUSR1) == 0);
    MUST(handled == 0);
    MUST(pthread_sigmask(SIG_UNBLOCK, &mask, NULL) == 0);
    MUST(handled == 1);
    return arg;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    pthread_t thread;

    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(handled == 1);
    HELD();
    return 0;
}
