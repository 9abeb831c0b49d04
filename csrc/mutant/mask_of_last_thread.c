/*
 * Mutant of the C library: a new thread starts with the signal mask of the thread that ended last.
 */
#include "start.h"

#include <signal.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sigset_t last;
static int has_last;

static void *run(void *(*function)(void *), void *arg)
{
    void *result;

    pthread_mutex_lock(&mutex);
    if (has_last) {
        pthread_sigmask(SIG_SETMASK, &last, NULL);
    }
    pthread_mutex_unlock(&mutex);
    result = function(arg);
    pthread_mutex_lock(&mutex);
    pthread_sigmask(SIG_BLOCK, NULL, &last);
    has_last = 1;
    pthread_mutex_unlock(&mutex);
    return result;
}
