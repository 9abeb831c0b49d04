/*
 * While the process exits, a detached thread calls back into the runtime, and starts further
 * threads that call back too.
 */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_DESTRUCTOR && !defined(_WIN32)
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Number of rounds of callbacks that the thread makes before main returns, and again while the
 * process exits.
 */
#define CALLBACKS 10

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_changed = PTHREAD_COND_INITIALIZER;
static int calls;
/* Number of callbacks after which the thread waits. */
static int wanted;
static csrc_callback *call;

static void call_on_new_thread(void *arg)
{
    (void)arg;
    call();
}

static void *start(void *arg)
{
    for (;;) {
        pthread_mutex_lock(&mutex);
        while (calls == wanted) {
            pthread_cond_wait(&has_changed, &mutex);
        }
        pthread_mutex_unlock(&mutex);
        call();
        if (csrc_thread(call_on_new_thread, NULL) != 0) {
            abort();
        }
        pthread_mutex_lock(&mutex);
        calls++;
        pthread_cond_broadcast(&has_changed);
        pthread_mutex_unlock(&mutex);
    }
    return arg;
}

/*
 * Lets the thread make CALLBACKS more callbacks, and waits until the thread has made the last
 * callback.
 */
static void let_call(void)
{
    pthread_mutex_lock(&mutex);
    wanted += CALLBACKS;
    pthread_cond_broadcast(&has_changed);
    while (calls < wanted) {
        pthread_cond_wait(&has_changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

/*
 * Runs at the end of every process of the child program, after all exit handlers, and waits only if
 * the scenario has started its thread.
 */
__attribute__((destructor)) static void destructor(void)
{
    if (call != NULL) {
        let_call();
        fputs("the thread called back after main\n", stderr);
    }
}

int csrc_thread_outlives_main(csrc_callback *callback)
{
    pthread_attr_t attr;
    pthread_t thread;
    int error = pthread_attr_init(&attr);

    if (error != 0) {
        return error;
    }
    error = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (error == 0) {
        call = callback;
        error = pthread_create(&thread, &attr, start, NULL);
    }
    pthread_attr_destroy(&attr);
    if (error != 0) {
        call = NULL;
        return error;
    }
    let_call();
    return 0;
}
#else
int csrc_thread_outlives_main(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
