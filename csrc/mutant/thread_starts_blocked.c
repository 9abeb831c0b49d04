/* Mutant of the C library: a new thread starts with all signals blocked. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct start {
    void *(*function)(void *);
    void *arg;
};

static void *run(void *arg)
{
    struct start start = *(struct start *)arg;
    sigset_t all;

    free(arg);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    return start.function(start.arg);
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
