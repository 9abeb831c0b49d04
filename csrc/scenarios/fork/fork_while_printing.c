/*
 * Forks the process while another thread holds the lock of a stream, and checks that the child can
 * print to the stream and to another stream, and can exit.
 */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    FILE *stream;
    int is_held[2]; /* Pipe that says that the thread holds the lock. */
    int is_done[2]; /* Pipe that says that the thread must release the lock. */
};

static void *hold_lock(void *arg)
{
    struct run *run = arg;
    char byte = 0;

    flockfile(run->stream);
    if (write(run->is_held[1], &byte, 1) == 1) {
        /* The read returns when the main thread closes the other end of the pipe. */
        while (read(run->is_done[0], &byte, 1) == 1) {
        }
    }
    funlockfile(run->stream);
    return NULL;
}

/*
 * Exit status of a child in which the stream's lock is still held. The thread that held the lock
 * does not exist in the child, so the child would wait for ever.
 */
#define HELD 3

static int fork_while_held(struct run *run)
{
    pid_t child;
    char byte;
    int end;

    if (read(run->is_held[0], &byte, 1) != 1) {
        return errno;
    }
    child = fork();
    if (child == -1) {
        return errno;
    }
    if (child == 0) {
        signal(SIGALRM, SIG_DFL);
        alarm(CSRC_CHILD_SECONDS);
        if (ftrylockfile(run->stream) != 0) {
            _exit(HELD);
        }
        fprintf(stderr, "printed by a child\n");
        fprintf(run->stream, "printed by a child\n");
        funlockfile(run->stream);
        /* At exit, the C library locks each stream to write what the stream contains. */
        exit(0);
    }
    end = csrc_end_of(child);
    if (end == HELD) {
        return csrc_wrong("in a child of fork, a stream is locked by a thread that does not exist");
    }
    return end == 0 ? 0 : csrc_wrong("a child of fork could not print and exit (%d)", end);
}

static int check_lines(FILE *stream)
{
    char line[64];

    rewind(stream);
    return fgets(line, sizeof(line), stream) != NULL && strcmp(line, "printed by a child\n") == 0
               ? 0
               : csrc_wrong("the line that a child of fork has printed is missing");
}

int csrc_fork_while_printing(void)
{
    struct run run = {.stream = tmpfile()};
    pthread_t thread;
    int error;

    if (run.stream == NULL || pipe(run.is_held) == -1 || pipe(run.is_done) == -1) {
        return errno;
    }
    error = pthread_create(&thread, NULL, hold_lock, &run);
    if (error != 0) {
        return error;
    }
    error = fork_while_held(&run);
    close(run.is_done[1]);
    pthread_join(thread, NULL);
    if (error == 0) {
        error = check_lines(run.stream);
    }
    fclose(run.stream);
    close(run.is_done[0]);
    close(run.is_held[0]);
    close(run.is_held[1]);
    return error;
}
#else
int csrc_fork_while_printing(void)
{
    return ENOTSUP;
}
#endif
