/* Ends the only thread of a child of fork by pthread_exit. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* Exit status that the exit handler of the child process sets. */
#define AT_EXIT_STATUS 7

static void at_exit(void)
{
    _exit(AT_EXIT_STATUS);
}

static void on_thread(void *arg)
{
    int *error = arg;
    pid_t child = fork();
    int end;

    if (child == -1) {
        *error = errno;
        return;
    }
    if (child == 0) {
        alarm(CSRC_CHILD_SECONDS);
        if (atexit(at_exit) != 0) {
            _exit(4);
        }
        pthread_exit(NULL);
    }
    end = csrc_end_of(child);
    if (end == -SIGALRM) {
        *error = csrc_wrong("the process went on after its last thread had called pthread_exit");
    } else if (end != AT_EXIT_STATUS) {
        *error = csrc_wrong("the process ended with status %d: the function of atexit did not run", end);
    }
}

int csrc_fork_child_main_pthread_exit(void)
{
    int result = 0;
    int error = csrc_thread(on_thread, &result);

    return error != 0 ? error : result;
}
#else
int csrc_fork_child_main_pthread_exit(void)
{
    return ENOTSUP;
}
#endif
