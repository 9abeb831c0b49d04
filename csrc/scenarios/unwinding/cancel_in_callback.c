/* Cancels a thread that blocks in C code which a callback has called. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS && !defined(__ANDROID__)
#include <pthread.h>
#include <unistd.h>

static csrc_callback *blocks;
static int ends[2];
static int ready[2];

/*
 * Reads until the thread is canceled. The callback calls this function. If cancellation does not
 * work, the read ends when the other end of the pipe is closed.
 */
void csrc_block_in_callback(void)
{
    char byte = 0;

    if (write(ready[1], &byte, 1) != 1) {
        return;
    }
    while (read(ends[0], &byte, 1) == 1) {
    }
    pthread_testcancel();
}

static void *start(void *arg)
{
    blocks();
    return arg;
}

int csrc_cancel_in_callback(csrc_callback *callback)
{
    pthread_t thread;
    void *result = NULL;
    char byte;
    int error = pipe(ends) == -1 || pipe(ready) == -1 ? errno : 0;

    blocks = callback;
    if (error == 0) {
        error = pthread_create(&thread, NULL, start, NULL);
    }
    if (error != 0) {
        return error;
    }
    if (read(ready[0], &byte, 1) == 1) {
        error = pthread_cancel(thread);
    }
    close(ends[1]);
    pthread_join(thread, &result);
    if (error != 0) {
        return error;
    }
    return result == PTHREAD_CANCELED ? 0 : csrc_wrong("the thread was not canceled");
}
#else
void csrc_block_in_callback(void)
{
}

int csrc_cancel_in_callback(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
