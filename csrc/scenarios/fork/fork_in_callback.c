/* Calls back from a C thread, and forks in the callback. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <pthread.h>
#include <stdlib.h>

/* Exit status of a child process in which all checks passed. */
#define DONE 4

static csrc_callback *call_back;

static void *on_new_thread(void *arg)
{
    call_back();
    return arg;
}

/* Starts a C thread that calls back, in the child process. Returns the child's exit status. */
static int in_child(void)
{
    pthread_t thread;
    void *volatile memory = malloc(1000);

    if (memory == NULL) {
        return 5;
    }
    free(memory);
    if (pthread_create(&thread, NULL, on_new_thread, NULL) != 0) {
        return 6;
    }
    return pthread_join(thread, NULL) == 0 ? DONE : 7;
}

/*
 * Forks, runs `body` in the child process, and waits for the child. The Rust callback calls this
 * function.
 */
int csrc_fork_here(csrc_callback *body, csrc_callback *callback)
{
    pid_t child;
    int end;

    call_back = callback;
    child = fork();
    if (child == -1) {
        return errno;
    }
    if (child == 0) {
        alarm(CSRC_CHILD_SECONDS);
        body();
        _exit(in_child());
    }
    end = csrc_end_of(child);
    switch (end) {
    case DONE:
        return 0;
    case 6:
        return csrc_wrong("a child of fork could not create a thread");
    default:
        return csrc_wrong("a child of fork ended with status %d instead of %d", end, DONE);
    }
}

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

int csrc_fork_in_callback(csrc_callback *callback)
{
    return csrc_thread(call, &callback);
}
#else
int csrc_fork_here(csrc_callback *body, csrc_callback *callback)
{
    (void)body;
    (void)callback;
    return ENOTSUP;
}

int csrc_fork_in_callback(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
