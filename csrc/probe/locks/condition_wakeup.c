/*
 * Checks that no call of pthread_cond_signal or pthread_cond_broadcast is lost: two threads wake
 * each other 100 times, and a broadcast wakes four threads.
 */
#include "../probe.h"

#include <pthread.h>
#include <time.h>

#define TURNS 100
#define THREADS 4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_cond_t all = PTHREAD_COND_INITIALIZER;
static int turn;
static int waiting;
static int released;

/* Waits at most 10 s, so that a lost wakeup fails a check instead of hanging. */
static void wait_for(pthread_cond_t *which)
{
    struct timespec deadline;

    MUST(clock_gettime(CLOCK_REALTIME, &deadline) == 0);
    deadline.tv_sec += 10;
    MUST(pthread_cond_timedwait(which, &mutex, &deadline) == 0);
}

static void take_turns(int mine)
{
    MUST(pthread_mutex_lock(&mutex) == 0);
    while (turn < TURNS) {
        if (turn % 2 == mine) {
            turn++;
            MUST(pthread_cond_signal(&condition) == 0);
        } else {
            wait_for(&condition);
        }
    }
    MUST(pthread_mutex_unlock(&mutex) == 0);
}

static void *other(void *arg)
{
    take_turns(1);
    return arg;
}

static void *wait_for_release(void *arg)
{
    MUST(pthread_mutex_lock(&mutex) == 0);
    waiting++;
    MUST(pthread_cond_signal(&condition) == 0);
    while (!released) {
        wait_for(&all);
    }
    MUST(pthread_mutex_unlock(&mutex) == 0);
    return arg;
}

int main(void)
{
    pthread_t threads[THREADS];
    int each;

    MUST(pthread_create(&threads[0], NULL, other, NULL) == 0);
    take_turns(0);
    MUST(pthread_join(threads[0], NULL) == 0);
    for (each = 0; each < THREADS; each++) {
        MUST(pthread_create(&threads[each], NULL, wait_for_release, NULL) == 0);
    }
    MUST(pthread_mutex_lock(&mutex) == 0);
    while (waiting < THREADS) {
        wait_for(&condition);
    }
    released = 1;
    MUST(pthread_cond_broadcast(&all) == 0);
    MUST(pthread_mutex_unlock(&mutex) == 0);
    for (each = 0; each < THREADS; each++) {
        MUST(pthread_join(threads[each], NULL) == 0);
    }
    HELD();
    return 0;
}
