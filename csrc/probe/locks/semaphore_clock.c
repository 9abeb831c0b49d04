/* Checks that sem_clockwait (POSIX.1-2024) measures its deadline by the given clock. */
#include "../probe.h"

#include <errno.h>
#include <semaphore.h>
#include <time.h>

/*
 * Duration of the wait in nanoseconds. If sem_clockwait used the real-time clock, the deadline would
 * be decades in the past, so the wait would end too early.
 */
#define WAIT 10000000L

static sem_t semaphore;

static void measure_wait(void)
{
    struct timespec before;
    struct timespec deadline;
    struct timespec after;

    MUST(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
    deadline.tv_sec = before.tv_sec + (before.tv_nsec + WAIT) / 1000000000L;
    deadline.tv_nsec = (before.tv_nsec + WAIT) % 1000000000L;
    MUST(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &deadline) == -1 && errno == ETIMEDOUT);
    MUST(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
    MUST((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= WAIT);
}

int main(void)
{
    struct timespec past = {.tv_sec = 0};
    int each;

    MUST(sem_init(&semaphore, 0, 1) == 0);
    MUST(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &past) == 0);
    for (each = 0; each < MEASUREMENTS; each++) {
        measure_wait();
    }
    HELD();
    return 0;
}
