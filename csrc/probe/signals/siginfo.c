/*
 * Checks that a signal handler with SA_SIGINFO gets the sender's process ID and a pointer to the
 * interrupted context.
 */
#include "../probe.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t seen;

static void handler(int number, siginfo_t *info, void *context)
{
    MUST(number == SIGUSR1 && info->si_signo == SIGUSR1);
    MUST(info->si_pid == getpid() && context != NULL);
    seen = 1;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    MUST(kill(getpid(), SIGUSR1) == 0);
    MUST(seen);
    HELD();
    return 0;
}
