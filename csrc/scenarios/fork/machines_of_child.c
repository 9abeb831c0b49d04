/* Forks in a callback of a thread, and starts threads with small stacks in the child process. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <pthread.h>
#include <stdlib.h>

/*
 * Size in bytes of a stack of the child's threads, which differs from the limit on the size of the
 * main thread's stack.
 */
#define STACK_SIZE ((size_t)1 << 20)

static int result;

static void *call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
    return NULL;
}

/* Runs the callback on a new thread with a stack of STACK_SIZE bytes, and joins the thread. */
int csrc_machines_of_child_thread(csrc_callback *callback)
{
    pthread_attr_t attr;
    pthread_t thread;
    int error = pthread_attr_init(&attr);

    if (error != 0) {
        return error;
    }
    error = pthread_attr_setstacksize(&attr, STACK_SIZE);
    if (error == 0) {
        error = pthread_create(&thread, &attr, call, &callback);
    }
    pthread_attr_destroy(&attr);
    return error != 0 ? error : pthread_join(thread, NULL);
}

/*
 * Runs `body` in a child process, and records whether the child exits with status 0. The child does
 * not call exit(3) at its end, because the functions that the parent's threads have registered for
 * exit must not run in the child. LeakSanitizer's function, for example, does not find the parent's
 * threads, and reports their memory as leaks.
 */
int csrc_machines_of_child_fork(csrc_callback *body)
{
    pid_t child = fork();
    int end;

    if (child == -1) {
        result = errno;
        return result;
    }
    if (child == 0) {
        alarm(CSRC_CHILD_SECONDS);
        body();
        _exit(0);
    }
    end = csrc_end_of(child);
    result = end == 0 ? 0 : csrc_wrong("a child of fork ended with status %d instead of 0", end);
    return result;
}

int csrc_machines_of_child(csrc_callback *callback)
{
    int error = csrc_machines_of_child_thread(callback);

    return error != 0 ? error : result;
}
#else
int csrc_machines_of_child_thread(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}

int csrc_machines_of_child_fork(csrc_callback *body)
{
    (void)body;
    return ENOTSUP;
}

int csrc_machines_of_child(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
