/*
 * Mutant of the C library: exit takes no lock, so four threads that call exit at the same time each
 * run all exit handlers. The threads wait for each other before and after they run the handlers, so
 * that the fault occurs in every run.
 */
#include "exit.h"

#include <pthread.h>

enum { CALLERS = 4 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_arrived = PTHREAD_COND_INITIALIZER;
static int arrived;

/* Waits until `calls` calls of this function have begun. */
static void wait_for(int calls)
{
    pthread_mutex_lock(&mutex);
    arrived++;
    pthread_cond_broadcast(&has_arrived);
    while (arrived < calls) {
        pthread_cond_wait(&has_arrived, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

void exit(int status)
{
    void (*real)(int) __attribute__((noreturn));

    find_real("exit", &real);
    wait_for(CALLERS);
    run_handlers();
    wait_for(2 * CALLERS);
    real(status);
}
