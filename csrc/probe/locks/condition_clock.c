/*
 * Checks that pthread_condattr_setclock makes pthread_cond_timedwait measure its deadline by the
 * monotonic clock.
 */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

/*
 * Duration of the wait in nanoseconds. If pthread_cond_timedwait used the real-time clock, the
 * deadline would be decades in the past, so the wait would end too early.
 */
#define WAIT 10000000L

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition;

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
        error = pthread_cond_timedwait(&condition, &mutex, &deadline);
    } while (error == 0); /* The loop waits again, since POSIX allows spurious wakeups. */
    MUST(error == ETIMEDOUT);
    MUST(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
    MUST((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= WAIT);
}

int main(void)
{
    pthread_condattr_t attr;
    int each;

    MUST(pthread_condattr_init(&attr) == 0);
    MUST(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    MUST(pthread_cond_init(&condition, &attr) == 0);
    MUST(pthread_mutex_lock(&mutex) == 0);
    for (each = 0; each < MEASUREMENTS; each++) {
        measure_wait();
    }
    HELD();
    return 0;
}
