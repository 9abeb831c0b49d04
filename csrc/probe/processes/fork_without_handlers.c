/*
 * Checks that _Fork (POSIX.1-2024) creates a child without the handlers of pthread_atfork. POSIX
 * declares _Fork safe in signal handlers.
 */
#include "../probe.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static int handled;

static void count(void)
{
    handled++;
}

int main(void)
{
    int status;
    pid_t child;

    MUST(pthread_atfork(count, count, count) == 0);
    child = _Fork();
    MUST(child != -1);
    if (child == 0) {
        _exit(handled == 0 ? 7 : 1);
    }
    MUST(handled == 0);
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    /* The function fork runs the handlers, so the handlers were registered. */
    child = fork();
    MUST(child != -1);
    if (child == 0) {
        _exit(handled == 2 ? 7 : 1);
    }
    MUST(handled == 2);
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    HELD();
    return 0;
}
