/* Starts threads in C on POSIX systems, so that no language runtime knows the threads. */
#include "../testprog.h"

#include <pthread.h>

struct start {
    void (*body)(void *);
    void *arg;
};

static void *start(void *arg)
{
    const struct start *start = arg;

    start->body(start->arg);
    return NULL;
}

int csrc_thread(void (*body)(void *), void *arg)
{
    struct start what = {body, arg};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, start, &what);

    return error != 0 ? error : pthread_join(thread, NULL);
}
