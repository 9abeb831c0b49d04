/*
 * Checks that sem_post in a signal handler wakes a thread that waits in sem_wait. POSIX declares
 * sem_post safe in signal handlers.
 */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

static sem_t semaphore;
static volatile sig_atomic_t posted;

static void handler(int number)
{
    (void)number;
    posted = 1;
    MUST(sem_post(&semaphore) == 0);
}

static void *start(void *arg)
{
    MUST(sem_wait(&semaphore) == 0);
    MUST(posted);
    return arg;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};
    sigset_t mask;
    sigset_t before;
    pthread_t thread;

    MUST(sem_init(&semaphore, 0, 1) == 0);
    MUST(sem_trywait(&semaphore) == 0);
    MUST(sem_trywait(&semaphore) == -1 && errno == EAGAIN);
    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    /* The new thread blocks SIGUSR1, so that the handler runs in the main thread. */
    sigfillset(&mask);
    MUST(pthread_sigmask(SIG_SETMASK, &mask, &before) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    MUST(raise(SIGUSR1) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(sem_trywait(&semaphore) == -1 && errno == EAGAIN);
    HELD();
    return 0;
}
