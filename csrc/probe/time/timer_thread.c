/*
 * Checks that a timer with SIGEV_THREAD_ID, which only Linux has, sends its signal to one thread of
 * the process. Profilers use timers with SIGEV_THREAD_ID.
 */
#include "../probe.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid /* glibc before 2.38 does not define the name. */
#endif

static int ends[2];

static void *start(void *arg)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
    struct itimerspec left = {.it_value = {.tv_nsec = 1000000}};
    sigset_t mask;
    timer_t timer;

    event.sigev_notify_thread_id = gettid();
    MUST(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    MUST(timer_settime(timer, 0, &left, NULL) == 0);
    AWAIT("the timer expires");
    while (left.it_value.tv_sec != 0 || left.it_value.tv_nsec != 0) {
        sched_yield();
        MUST(timer_gettime(timer, &left) == 0);
    }
    sigemptyset(&mask);
    MUST(sigpending(&mask) == 0 && sigismember(&mask, SIGUSR1) == 1);
    MUST(write(ends[1], "", 1) == 1);
    for (;;) {
        pause(); /* The signal is pending for this thread, so the thread must not end. */
    }
    return arg;
}

int main(void)
{
    sigset_t mask;
    pthread_t thread;
    char byte;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    MUST(pthread_sigmask(SIG_BLOCK, &mask, NULL) == 0);
    MUST(pipe(ends) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(read(ends[0], &byte, 1) == 1);
    MUST(sigpending(&mask) == 0 && sigismember(&mask, SIGUSR1) == 0);
    HELD();
    _exit(0);
}
