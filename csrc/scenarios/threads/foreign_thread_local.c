/* Starts a detached thread that calls back into the runtime. */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <pthread.h>

static csrc_callback *on_detached;

static void *start(void *arg)
{
    on_detached();
    return arg;
}

int csrc_foreign_thread_local(csrc_callback *callback)
{
    pthread_attr_t attr;
    pthread_t thread;
    int error = pthread_attr_init(&attr);

    if (error != 0) {
        return error;
    }
    on_detached = callback;
    error = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (error == 0) {
        error = pthread_create(&thread, &attr, start, NULL);
    }
    pthread_attr_destroy(&attr);
    return error;
}
#else
static csrc_callback *on_detached;

static void start(void *arg)
{
    (void)arg;
    on_detached();
}

/* On Windows, the scenario joins the thread. */
int csrc_foreign_thread_local(csrc_callback *callback)
{
    on_detached = callback;
    return csrc_thread(start, NULL);
}
#endif
