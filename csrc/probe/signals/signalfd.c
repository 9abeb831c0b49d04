/* Checks that a file descriptor of signalfd returns pending signals of the mask, and only those. */
#include "../probe.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int main(void)
{
    struct signalfd_siginfo info = {.ssi_signo = 0};
    sigset_t both;
    sigset_t mask;
    int file;

    sigemptyset(&both);
    sigaddset(&both, SIGUSR1);
    sigaddset(&both, SIGUSR2);
    MUST(sigprocmask(SIG_BLOCK, &both, NULL) == 0);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    file = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    MUST(file >= 0);
    MUST(kill(getpid(), SIGUSR2) == 0);
    MUST(read(file, &info, sizeof(info)) == -1 && errno == EAGAIN);
    MUST(kill(getpid(), SIGUSR1) == 0);
    MUST(read(file, &info, sizeof(info)) == (ssize_t)sizeof(info));
    MUST(info.ssi_signo == SIGUSR1 && info.ssi_pid == (unsigned)getpid());
    MUST(sigpending(&mask) == 0);
    MUST(sigismember(&mask, SIGUSR1) == 0 && sigismember(&mask, SIGUSR2) == 1);
    HELD();
    return 0;
}
