/*
 * Checks that a mutex admits one thread at a time: pthread_mutex_trylock fails while another thread
 * holds the mutex, and pthread_mutex_lock waits until the other thread has unlocked the mutex.
 */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#define TURNS 20

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile int holder;
static volatile int is_unlocked;

static void take_turns(int number)
{
    int turn;
    int pause;

    for (turn = 0; turn < TURNS; turn++) {
        MUST(pthread_mutex_lock(&mutex) == 0);
        MUST(holder == 0);
        holder = number;
        for (pause = 0; pause < 2; pause++) {
            sched_yield();
            MUST(holder == number);
        }
        holder = 0;
        MUST(pthread_mutex_unlock(&mutex) == 0);
    }
}

static void *start(void *arg)
{
    MUST(pthread_mutex_trylock(&mutex) == EBUSY);
    *(volatile int *)arg = 1;
    MUST(pthread_mutex_lock(&mutex) == 0);
    MUST(is_unlocked);
    MUST(pthread_mutex_unlock(&mutex) == 0);
    take_turns(2);
    return arg;
}

int main(void)
{
    pthread_t thread;
    volatile int is_tried = 0;
    int pause;

    MUST(pthread_mutex_lock(&mutex) == 0);
    MUST(pthread_create(&thread, NULL, start, (void *)&is_tried) == 0);
    while (!is_tried) {
        sched_yield();
    }
    for (pause = 0; pause < 20; pause++) {
        sched_yield(); /* Lets the other thread run, because a faulty mutex would admit that thread. */
    }
    is_unlocked = 1;
    MUST(pthread_mutex_unlock(&mutex) == 0);
    take_turns(1);
    MUST(pthread_join(thread, NULL) == 0);
    HELD();
    return 0;
}
