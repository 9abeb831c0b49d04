/*
 * Checks that raise sends the signal to the calling thread, and to the calling thread only, while
 * both threads of the process could handle the signal.
 */
#include "../probe.h"

#include <pthread.h>
#include <signal.h>

static volatile sig_atomic_t handled;
static pthread_t raiser;

static void handler(int number)
{
    (void)number;
    MUST(pthread_equal(pthread_self(), raiser));
    handled++;
}

static void *start(void *arg)
{
    sigset_t mask;

    raiser = pthread_self();
    MUST(raise(SIGUSR1) == 0);
    MUST(handled == 1);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    MUST(pthread_sigmask(SIG_BLOCK, &mask, NULL) == 0);
    MUST(raise(SIGUSR1) == 0);
    /* If raise sent the signal to the process, the main thread would handle the signal. */
    MUST(handled == 1);
    sigemptyset(&mask);
    MUST(sigpending(&mask) == 0 && sigismember(&mask, SIGUSR1) == 1);
    return arg;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    sigset_t mask;
    pthread_t thread;

    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(handled == 1);
    sigfillset(&mask);
    MUST(sigpending(&mask) == 0 && sigismember(&mask, SIGUSR1) == 0);
    HELD();
    return 0;
}
