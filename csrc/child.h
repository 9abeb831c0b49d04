/*
 * Functions for scenarios that fork a child process. Only C files for POSIX systems include this
 * header.
 */
#ifndef CHILD_H
#define CHILD_H

#include <errno.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds after which SIGALRM kills a child process that hangs. */
#define CSRC_CHILD_SECONDS 4

/*
 * Waits until the process `child` ends. Returns the exit status of the process, or the negative
 * number of the signal that has killed the process. Returns -1000 if waitpid(2) fails.
 */
static inline int csrc_end_of(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) == -1) {
        if (errno != EINTR) {
            return -1000;
        }
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * Forks a child process whose standard output is a pipe, and stores the reading end of the pipe in
 * *output. Returns what fork(2) returns. In the child process and on failure, *output is -1. Sets
 * errno on failure.
 */
static inline pid_t csrc_fork_with_output(int *output)
{
    int ends[2];
    pid_t child;
    int error;

    *output = -1;
    if (pipe(ends) == -1) {
        return -1;
    }
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
    }
    error = errno;
    close(ends[1]);
    if (child > 0) {
        *output = ends[0];
    } else if (child == -1) {
        close(ends[0]);
        errno = error;
    }
    return child;
}

#endif
