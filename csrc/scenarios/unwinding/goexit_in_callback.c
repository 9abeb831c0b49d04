/* Ends a thread by pthread_exit in a callback. */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>

static csrc_callback *ends_thread;
static int value;

/* Ends the thread and does not return. The callback calls this function. */
void csrc_exit_thread(void)
{
    pthread_exit(&value);
}

static void *start(void *arg)
{
    ends_thread();
    return arg;
}

/* Runs a thread that calls `callback`, which must end the thread. */
int csrc_goexit_in_callback(csrc_callback *callback)
{
    pthread_t thread;
    void *result = NULL;
    int error;

    ends_thread = callback;
    error = pthread_create(&thread, NULL, start, NULL);
    if (error == 0) {
        error = pthread_join(thread, &result);
    }
    if (error != 0) {
        return error;
    }
    return result == &value ? 0 : csrc_wrong("the thread did not end with the value of pthread_exit");
}
#else
void csrc_exit_thread(void)
{
}

int csrc_goexit_in_callback(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
