/*
 * Checks that a signal stays pending while the process blocks the signal. Unlike the probe
 * `signals`, this probe starts no thread.
 */
#include "../probe.h"

#include <signal.h>

static volatile sig_atomic_t handled;

static void handler(int number)
{
    (void)number;
    handled++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    sigset_t mask, pending;

    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    MUST(sigemptyset(&mask) == 0 && sigaddset(&mask, SIGUSR1) == 0);
    MUST(sigprocmask(SIG_BLOCK, &mask, NULL) == 0);
    MUST(raise(SIGUSR1) == 0);
    MUST(handled == 0);
    MUST(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 1);
    MUST(sigprocmask(SIG_UNBLOCK, &mask, NULL) == 0);
    MUST(handled == 1);
    HELD();
    return 0;
}
