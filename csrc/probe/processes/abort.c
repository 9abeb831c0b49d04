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
        sigemptyset(&mask);
        sigaddset(&mask, SIGABRT);
        sigprocmask(SIG_SETMASK, &mask, NULL);
        sigemptyset(&mask);
        sigprocmask(SIG_BLOCK, NULL, &mask);
        if (!sigismember(&mask, SIGABRT)) {
            _exit(1); /* A failed check would call abort, which the parent expects. */
        }
        abort();
    }
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    HELD();
    return 0;
}
