/*
 * pthread_exit: a process outlives its main thread. Once the last thread has ended, the process exits with status 0.
 */
#include "probe.h"

#include <pthread.h>

static pthread_t first;
static int joined;

/* Runs at the end of the process. If pthread_exit had called exit, nobody would have joined the main thread by now. */
static void check(void)
{
    MUST(joined);
}

static void *second(void *arg)
{
    MUST(pthread_join(first, NULL) == 0);
    joined = 1;
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(atexit(check) == 0);
    first = pthread_self();
    MUST(pthread_create(&thread, NULL, second, NULL) == 0);
    pthread_exit((void *)1);
}
