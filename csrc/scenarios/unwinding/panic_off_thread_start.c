/* Creates a thread whose function, a callback, panics. */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>

static csrc_callback *panics;

static void *start(void *arg)
{
    panics();
    return arg;
}

int csrc_panic_off_thread_start(csrc_callback *callback)
{
    pthread_t thread;
    int error;

    panics = callback;
    error = pthread_create(&thread, NULL, start, NULL);
    return error != 0 ? error : pthread_join(thread, NULL);
}
#else
int csrc_panic_off_thread_start(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
