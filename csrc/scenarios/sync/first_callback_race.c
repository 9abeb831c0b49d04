/*
 * Many threads make the first callback of the process at the same time, and race for the same
 * pthread_once(3).
 */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define THREADS 32
/*
 * Number of times that the initialization yields the processor, so that a faulty pthread_once lets
 * another thread pass. A yield takes long on a busy computer, so the number is small.
 */
#define YIELDS 10

static csrc_callback *call_back;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int created, waiting, is_open, called_back;
static atomic_int begun, ended, early;

/* Waits until every thread has called back and is about to call pthread_once. */
static void initialize(void)
{
    int yields;

    atomic_fetch_add(&begun, 1);
    pthread_mutex_lock(&mutex);
    while (called_back < created) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    for (yields = 0; yields < YIELDS && atomic_load(&early) == 0; yields++) {
        sched_yield();
    }
    atomic_fetch_add(&ended, 1);
}

/* Waits until all threads have been created, so that the threads call back at the same time. */
static void wait_for_all(void)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    pthread_cond_broadcast(&changed);
    while (!is_open) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

static void *start(void *arg)
{
    wait_for_all();
    call_back();
    pthread_mutex_lock(&mutex);
    called_back++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    pthread_once(&once, initialize);
    if (atomic_load(&ended) == 0) {
        atomic_fetch_add(&early, 1);
    }
    return arg;
}

/* Waits until `count` threads wait, and lets them continue. */
static void open_gate(int count)
{
    pthread_mutex_lock(&mutex);
    created = count;
    while (waiting < count) {
        pthread_cond_wait(&changed, &mutex);
    }
    is_open = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

int csrc_first_callback_race(csrc_callback *callback)
{
    pthread_t threads[THREADS];
    int count, error = 0, joined = 0;

    call_back = callback;
    for (count = 0; count < THREADS && error == 0; count += error == 0) {
        error = pthread_create(&threads[count], NULL, start, NULL);
    }
    open_gate(count);
    while (count > 0) {
        joined |= pthread_join(threads[--count], NULL);
    }
    if (error != 0 || joined != 0) {
        return error != 0 ? error : joined;
    }
    if (atomic_load(&begun) != 1) {
        return csrc_wrong("pthread_once ran the function %d times instead of once", atomic_load(&begun));
    }
    return atomic_load(&early) == 0 ? 0
                                    : csrc_wrong("pthread_once returned on %d threads before the function had returned",
                                                 atomic_load(&early));
}
#else
int csrc_first_callback_race(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
