/* Starts a program by execv on a thread other than the main thread, while other threads run. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Exit status of the new program. */
#define STATUS 7
/* Exit statuses of a child that did not start the new program. */
#define OTHER_ERROR 3
#define NO_THREAD 4
#define RETURNED 5

static csrc_callback *call;

/* Waits until the new program replaces the process. */
static void *wait_for_ever(void *arg)
{
    call();
    for (;;) {
        pause();
    }
    return arg;
}

static void on_thread(void *arg)
{
    (void)arg;
    call();
}

/* Replaces the child by a program that prints its process ID. */
void csrc_exec_on_thread_now(void)
{
    static char sh[] = "sh";
    static char option[] = "-c";
    static char script[] = "echo $$; exit 7";
    static char *const arguments[] = {sh, option, script, NULL};

    /* If the file does not exist, the process and all of its threads must stay as they are. */
    if (execv("/no-such-folder/no-such-program", arguments) != -1 || errno != ENOENT) {
        _exit(OTHER_ERROR);
    }
    if (csrc_thread(on_thread, NULL) != 0) {
        _exit(NO_THREAD);
    }
    execv("/bin/sh", arguments);
}

static void call_exec(void *arg)
{
    csrc_callback *const *exec = arg;

    (*exec)();
}

static void run_child(csrc_callback *exec)
{
    pthread_t threads[2];
    int each;

    alarm(CSRC_CHILD_SECONDS);
    for (each = 0; each < 2; each++) {
        if (pthread_create(&threads[each], NULL, wait_for_ever, NULL) != 0) {
            _exit(NO_THREAD);
        }
    }
    csrc_thread(call_exec, &exec);
    _exit(RETURNED);
}

/* Reads a process ID until the end of the file. Returns 0 if the text is no process ID. */
static long read_id(int from)
{
    char text[32];
    size_t length = 0;
    ssize_t got;

    while (length < sizeof(text) - 1 && (got = read(from, text + length, sizeof(text) - 1 - length)) > 0) {
        length += (size_t)got;
    }
    text[length] = '\0';
    return strtol(text, NULL, 10);
}

/*
 * Forks. A thread of the child calls `exec`, which must call csrc_exec_on_thread_now, while two other
 * threads of the child wait.
 */
int csrc_exec_on_thread(csrc_callback *callback, csrc_callback *exec)
{
    long id;
    pid_t child;
    int output;
    int end;

    call = callback;
    child = csrc_fork_with_output(&output);
    if (child == 0) {
        run_child(exec);
    }
    if (child == -1) {
        return errno;
    }
    id = read_id(output);
    close(output);
    end = csrc_end_of(child);
    if (end != STATUS) {
        return csrc_wrong("execv on a thread: the process ended with status %d instead of %d", end, STATUS);
    }
    if (id != child) {
        return csrc_wrong("execv on a thread: the new program has another process ID than the old program");
    }
    return 0;
}
#else
void csrc_exec_on_thread_now(void)
{
}

int csrc_exec_on_thread(csrc_callback *callback, csrc_callback *exec)
{
    (void)callback;
    (void)exec;
    return ENOTSUP;
}
#endif
