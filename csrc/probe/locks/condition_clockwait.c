/* Checks that pthread_cond_clockwait (POSIX.1-2024) measures its deadline by the given clock. */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

/*
 * Duration of the wait in nanoseconds. If pthread_cond_clockwait used the real-time clock, the
 * deadline would be decades in the past, so the wait would end too early.
 */
#define WAIT 10000000L

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void measure_wait(void)
{
    struct timespec before;
    struct timespec deadline;
    struct timespec after;
    int error;

    MUST(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
    deadline.tv_sec = before.tv_sec + (before.tv_nsec + WAIT) / 1000000000L;
    deadline.tv_nsec = (before.tv_nsec + WAIT) % 1000000000L;
    do {
        error = pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &deadline);
    } while (error == 0); /* The loop waits again, since POSIX allows spurious wakeups. */
    MUST(error == ETIMEDOUT);
    MUST(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
    MUST((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= WAIT);
}

int main(void)
{
    int each;

    MUST(pthread_mutex_lock(&mutex) == 0);
    for (each = 0; each < MEASUREMENTS; each++) {
        measure_wait();
    }
    HELD();
    return 0;
}
