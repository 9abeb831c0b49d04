/* Starts a program by vfork and execv on a thread with a small stack. */
#define _DEFAULT_SOURCE /* for vfork */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
/* Apple's headers mark vfork as deprecated. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include "../../child.h"

#include <limits.h>
#include <pthread.h>

/* Size in bytes of the thread's stack, unless the system requires a larger stack. */
#define STACK_SIZE ((size_t)64 << 10)
#ifdef PTHREAD_STACK_MIN
#define LEAST ((size_t)PTHREAD_STACK_MIN)
#else
#define LEAST ((size_t)0)
#endif
/* Number of children, each of which must find the parent's stack as it was. */
#define ROUNDS 8

/* Exit status of the program that a child starts. */
#define STATUS 7
/* Exit status of a child that could not start the program. */
#define FAILED 4

struct run {
    csrc_callback *callback;
    pid_t child;
    int error;
};

static void start_child(void *arg)
{
    static char sh[] = "sh";
    static char option[] = "-c";
    static char script[] = "exit 7";
    static char *const arguments[] = {sh, option, script, NULL};
    struct run *run = arg;
    volatile unsigned char kept[512];
    pid_t child;
    size_t each;

    for (each = 0; each < sizeof(kept); each++) {
        kept[each] = (unsigned char)each;
    }
    errno = EDOM;
    child = vfork();
    if (child == 0) {
        execv("/bin/sh", arguments);
        _exit(FAILED);
    }
    run->child = child;
    if (errno != EDOM && child != -1) {
        run->error = csrc_wrong("vfork changed errno to %d", errno);
    }
    for (each = 0; each < sizeof(kept); each++) {
        if (kept[each] != (unsigned char)each) {
            run->error = csrc_wrong("after vfork, the stack of the parent has changed");
        }
    }
}

static void *on_thread(void *arg)
{
    struct run *run = arg;
    int round;

    for (round = 0; run->error == 0 && round < ROUNDS; round++) {
        int kept = csrc_keeps_registers("vfork", start_child, run);
        int end = run->child == -1 ? 0 : csrc_end_of(run->child);

        if (run->child == -1) {
            run->error = errno;
        } else if (run->error == 0 && end != STATUS) {
            run->error = csrc_wrong("the child of vfork ended with status %d instead of %d", end, STATUS);
        }
        run->error = run->error == 0 ? kept : run->error;
        run->callback();
    }
    return NULL;
}

int csrc_vfork_on_thread(csrc_callback *callback)
{
    struct run run = {.callback = callback};
    pthread_attr_t attr;
    pthread_t thread;
    int error = pthread_attr_init(&attr);

    if (error != 0) {
        return error;
    }
    error = pthread_attr_setstacksize(&attr, STACK_SIZE > LEAST ? STACK_SIZE : LEAST);
    if (error == 0) {
        error = pthread_create(&thread, &attr, on_thread, &run);
    }
    pthread_attr_destroy(&attr);
    if (error == 0) {
        error = pthread_join(thread, NULL);
    }
    return error != 0 ? error : run.error;
}
#else
int csrc_vfork_on_thread(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
