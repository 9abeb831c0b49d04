/*
 * Checks that clock_gettime reads the monotonic clock, and that clock_nanosleep sleeps for 1 ms by
 * the monotonic clock.
 */
#include "../probe.h"

#include <time.h>

static void measure_sleep(void)
{
    struct timespec before;
    struct timespec after;
    struct timespec moment = {.tv_nsec = 1000000};

    MUST(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
    MUST(clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL) == 0);
    MUST(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
    MUST((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= 1000000);
}

int main(void)
{
    int each;

    for (each = 0; each < MEASUREMENTS; each++) {
        measure_sleep();
    }
    HELD();
    return 0;
}
