/*
 * Starts many detached threads, each of which calls back once, and limits how many of the threads
 * exist at the same time.
 */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <pthread.h>

#define THREADS 400
/* Largest number of threads that exist at the same time. */
#define AT_ONCE 8
/*
 * Pass over the destructors of a thread's keys in which the thread reports its end. The runtime
 * gives the thread's `Machine` (the runtime's record of one thread) back in the first pass.
 */
#define LAST_PASS 3

static pthread_key_t key;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_ended = PTHREAD_COND_INITIALIZER;
static int running;
static int ended;
static csrc_callback *call;
static _Thread_local int passes;

static void destructor(void *arg)
{
    passes++;
    if (passes < LAST_PASS) {
        pthread_setspecific(key, arg);
        return;
    }
    pthread_mutex_lock(&mutex);
    running--;
    ended++;
    pthread_cond_signal(&has_ended);
    pthread_mutex_unlock(&mutex);
}

static void *start(void *arg)
{
    pthread_setspecific(key, &key);
    call();
    return arg;
}

static void wait_for_fewer_than(int most)
{
    pthread_mutex_lock(&mutex);
    while (running >= most) {
        pthread_cond_wait(&has_ended, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

int csrc_detached_churn(csrc_callback *callback)
{
    pthread_attr_t attr;
    int error = pthread_key_create(&key, destructor);
    int count;

    call = callback;
    if (error == 0) {
        error = pthread_attr_init(&attr);
    }
    if (error != 0) {
        return error;
    }
    error = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (count = 0; error == 0 && count < THREADS; count++) {
        pthread_t thread;

        wait_for_fewer_than(AT_ONCE);
        pthread_mutex_lock(&mutex);
        running++;
        pthread_mutex_unlock(&mutex);
        error = pthread_create(&thread, &attr, start, NULL);
    }
    pthread_attr_destroy(&attr);
    if (error == 0) {
        wait_for_fewer_than(1);
    }
    if (error == 0 && ended != THREADS) {
        return csrc_wrong("%d detached threads ended instead of %d", ended, THREADS);
    }
    return error;
}
#else
int csrc_detached_churn(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
