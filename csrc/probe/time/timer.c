/*
 * Checks that a timer of timer_create sends a signal once the timer's time has passed, and not
 * before.
 */
#include "../probe.h"

#include <signal.h>
#include <time.h>

static sigset_t mask;

static void measure_timer(timer_t timer)
{
    struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
    struct timespec before;
    struct timespec after;
    int number = 0;

    MUST(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
    MUST(timer_settime(timer, 0, &soon, NULL) == 0);
    MUST(sigwait(&mask, &number) == 0 && number == SIGUSR1);
    MUST(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
    MUST((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= soon.it_value.tv_nsec);
}

int main(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t timer;
    int each;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    MUST(sigprocmask(SIG_BLOCK, &mask, NULL) == 0);
    MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    for (each = 0; each < MEASUREMENTS; each++) {
        measure_timer(timer);
    }
    HELD();
    return 0;
}
