/* Calls exit on four threads at the same time. */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS 4
/* Number of times that the first exit handler yields the processor to other threads. */
#define YIELDS 100

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_arrived = PTHREAD_COND_INITIALIZER;
static int arrived;
static int handled;

/* Runs before the other exit handlers, and gives the other threads time to call exit. */
static void give_time(void)
{
    int each;

    for (each = 0; each < YIELDS; each++) {
        sched_yield();
    }
}

static void count(void)
{
    int seen;

    pthread_mutex_lock(&mutex);
    handled++;
    seen = handled;
    pthread_mutex_unlock(&mutex);
    if (seen > 1) {
        fputs("an exit handler ran twice\n", stderr);
        _exit(1);
    }
}

/* Runs after all other exit handlers, because this handler was registered first. */
static void last(void)
{
    fputs("all exit handlers ran\n", stderr);
}

/* Waits until all threads have started, and then calls exit. */
static void *start(void *arg)
{
    int *status = arg;

    pthread_mutex_lock(&mutex);
    arrived++;
    pthread_cond_broadcast(&has_arrived);
    while (arrived < THREADS) {
        pthread_cond_wait(&has_arrived, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    exit(*status);
}

int csrc_concurrent_exit(void)
{
    static int statuses[THREADS] = {10, 11, 12, 13};
    pthread_t threads[THREADS];
    int error = 0;
    int each;

    if (atexit(last) != 0 || atexit(count) != 0 || atexit(give_time) != 0) {
        return csrc_wrong("atexit failed");
    }
    for (each = 0; error == 0 && each < THREADS; each++) {
        error = pthread_create(&threads[each], NULL, start, &statuses[each]);
    }
    if (error == 0) {
        error = pthread_join(threads[0], NULL);
    }
    return error != 0 ? error : csrc_wrong("a thread has ended, although it called exit");
}
#else
int csrc_concurrent_exit(void)
{
    return ENOTSUP;
}
#endif
