/*
 * Checks that a signal makes a blocked read fail with EINTR, and that the read continues if the
 * handler was installed with SA_RESTART.
 */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* Number of signals after which the handler with SA_RESTART makes the pipe readable. */
#define SIGNALS 4

static int ends[2];
static pthread_t reader;
static volatile int is_done;
static volatile sig_atomic_t handled;

static void interrupt(int number)
{
    (void)number;
}

static void restart(int number)
{
    (void)number;
    if (++handled == SIGNALS) {
        MUST(write(ends[1], "x", 1) == 1);
    }
}

/*
 * Sends a signal to the main thread every millisecond. One signal would not be enough, because the
 * signal may arrive before the main thread calls read.
 */
static void *send(void *arg)
{
    while (!is_done) {
        struct timespec pause = {.tv_nsec = 1000000};

        nanosleep(&pause, NULL);
        MUST(pthread_kill(reader, SIGUSR1) == 0);
    }
    return arg;
}

int main(void)
{
    struct sigaction action = {.sa_handler = interrupt};
    sigset_t mask;
    pthread_t thread;
    char byte = 0;

    reader = pthread_self();
    MUST(pipe(ends) == 0);
    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    MUST(pthread_create(&thread, NULL, send, NULL) == 0);
    MUST(read(ends[0], &byte, 1) == -1 && errno == EINTR);
    action.sa_handler = restart;
    action.sa_flags = SA_RESTART;
    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    MUST(read(ends[0], &byte, 1) == 1 && byte == 'x');
    MUST(handled >= SIGNALS);
    sigfillset(&mask);
    MUST(pthread_sigmask(SIG_SETMASK, &mask, NULL) == 0);
    is_done = 1;
    MUST(pthread_join(thread, NULL) == 0);
    HELD();
    return 0;
}
