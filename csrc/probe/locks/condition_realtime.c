/*
 * Checks that pthread_cond_timedwait measures its deadline by the real-time clock, unless the
 * condition variable has another clock.
 */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/*
 * Duration of the wait in nanoseconds. If pthread_cond_timedwait used the monotonic clock, the
 * deadline would be decades in the future.
 */
#define WAIT 10000000L

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static volatile sig_atomic_t is_early = 1;

/* Handles SIGALRM, which arrives after 10 s: fails the probe if the wait has not ended. */
static void late(int number)
{
    (void)number;
    MUST(!is_early);
}

static void measure_wait(void)
{
    struct timespec before;
    struct timespec deadline;
    struct timespec after;
    int error;

    MUST(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
    MUST(clock_gettime(CLOCK_REALTIME, &deadline) == 0);
    deadline.tv_sec += (deadline.tv_nsec + WAIT) / 1000000000L;
    deadline.tv_nsec = (deadline.tv_nsec + WAIT) % 1000000000L;
    do {
        error = pthread_cond_timedwait(&condition, &mutex, &deadline);
    } while (error == 0); /* The loop waits again, since POSIX allows spurious wakeups. */
    MUST(error == ETIMEDOUT);
    MUST(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
    /* The clocks may differ by one tick, so the probe accepts a wait that is 1 ms too short. */
    MUST((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= WAIT - 1000000);
}

int main(void)
{
    struct sigaction action = {.sa_handler = late};
    int each;

    MUST(sigaction(SIGALRM, &action, NULL) == 0);
    alarm(10);
    MUST(pthread_mutex_lock(&mutex) == 0);
    for (each = 0; each < MEASUREMENTS; each++) {
        measure_wait();
    }
    HELD();
    return 0;
}
