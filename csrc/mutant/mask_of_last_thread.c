/*
 * Mutant of the C library: a new thread starts with the signal mask of the thread that ended last.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct start {
    void *(*function)(void *);
    void *arg;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sigset_t last;
static int has_last;

static void *run(void *arg)
{
    struct start start = *(struct start *)arg;
    void *result;

    free(arg);
    pthread_mutex_lock(&mutex);
    if (has_last) {
        pthread_sigmask(SIG_SETMASK, &last, NULL);
    }
    pthread_mutex_unlock(&mutex);
    result = start.function(start.arg);
    pthread_mutex_lock(&mutex);
    pthread_sigmask(SIG_BLOCK, NULL, &last);
    has_last = 1;
    pthread_mutex_unlock(&mutex);
    return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*function)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    struct start *start = malloc(sizeof(*start));

    find_real("pthread_create", &real);
    if (start == NULL) {
        abort();
    }
    start->function = function;
    start->arg = arg;
    return real(thread, attr, run, start);
}
