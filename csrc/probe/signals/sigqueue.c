/*
 * Checks that sigwaitinfo returns the value that sigqueue sent, and that sigtimedwait times out if
 * no signal is pending.
 */
#include "../probe.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    union sigval value = {.sival_int = 42};
    struct timespec none = {0};
    siginfo_t info;
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    MUST(sigprocmask(SIG_BLOCK, &mask, NULL) == 0);
    MUST(sigqueue(getpid(), SIGUSR1, value) == 0);
    MUST(sigwaitinfo(&mask, &info) == SIGUSR1 && info.si_value.sival_int == 42);
    MUST(sigtimedwait(&mask, &info, &none) == -1 && errno == EAGAIN);
    HELD();
    return 0;
}
