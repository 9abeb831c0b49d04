/* Checks that abort kills the process with SIGABRT, even if the process blocks SIGABRT. */
#include "../probe.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status;
    sigset_t mask;
    pid_t child = fork();

    MUST(child != -1);
    if (child == 0) {
        sigfillset(&mask);
        sigprocmask(SIG_SETMASK, &mask, NULL);
        abort();
    }
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    HELD();
    return 0;
}
