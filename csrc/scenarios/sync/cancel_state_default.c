/*
 * Checks that a new thread can be canceled, and that its cleanup functions run last in, first out.
 */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS && !defined(__ANDROID__)
#include <pthread.h>
#include <string.h>
#include <unistd.h>

struct run {
    int state;
    int type;
    char ran[8];
    int ends[2];
};

static void clean_up_1(void *arg)
{
    struct run *run = arg;

    strcat(run->ran, "1");
}

static void clean_up_2(void *arg)
{
    struct run *run = arg;

    strcat(run->ran, "2");
}

static void *wait_for_cancel(void *arg)
{
    struct run *run = arg;
    char byte;

    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &run->state);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &run->type);
    pthread_setcancelstate(run->state, NULL);
    pthread_cleanup_push(clean_up_1, run);
    pthread_cleanup_push(clean_up_2, run);
    /* The loop ends when the thread is canceled, or when the other end of the pipe is closed. */
    while (read(run->ends[0], &byte, 1) == 1) {
    }
    pthread_testcancel();
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return run;
}

int csrc_cancel_state_default(void)
{
    struct run run = {.state = -1, .type = -1};
    pthread_t thread;
    void *result = NULL;
    int error = pipe(run.ends) == -1 ? errno : pthread_create(&thread, NULL, wait_for_cancel, &run);

    if (error != 0) {
        return error;
    }
    error = pthread_cancel(thread);
    close(run.ends[1]);
    pthread_join(thread, &result);
    close(run.ends[0]);
    if (error != 0) {
        return error;
    }
    if (run.state != PTHREAD_CANCEL_ENABLE) {
        return csrc_wrong("a new thread starts with cancellation disabled");
    }
    if (run.type != PTHREAD_CANCEL_DEFERRED) {
        return csrc_wrong("a new thread starts with another type of cancellation than PTHREAD_CANCEL_DEFERRED");
    }
    if (result != PTHREAD_CANCELED) {
        return csrc_wrong("pthread_cancel did not end a thread that blocks in read");
    }
    return strcmp(run.ran, "21") == 0
               ? 0
               : csrc_wrong("the cleanup functions ran in the order `%s` instead of `21`", run.ran);
}
#else
int csrc_cancel_state_default(void)
{
    return ENOTSUP;
}
#endif
