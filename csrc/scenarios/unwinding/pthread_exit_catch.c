/* Runs a callback on a C thread, and ends the thread by pthread_exit. */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>

static csrc_callback *ends_thread;

/* Ends the thread and does not return. The callback calls this function. */
void csrc_exit_caught(void)
{
    pthread_exit(NULL);
}

static void *start(void *arg)
{
    ends_thread();
    return arg;
}

int csrc_pthread_exit_catch(csrc_callback *callback)
{
    pthread_t thread;
    int started = 1;
    void *result = &started;
    int error;

    ends_thread = callback;
    error = pthread_create(&thread, NULL, start, &started);
    if (error == 0) {
        error = pthread_join(thread, &result);
    }
    if (error != 0) {
        return error;
    }
    return result == NULL ? 0 : csrc_wrong("pthread_exit did not end the thread");
}
#else
void csrc_exit_caught(void)
{
}

int csrc_pthread_exit_catch(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
