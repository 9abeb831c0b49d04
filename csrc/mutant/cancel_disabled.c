/*
 * Mutant of the C library: new threads start with cancellation disabled.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <stdlib.h>

struct start {
    void *(*body)(void *);
    void *arg;
};

static void *start(void *arg)
{
    struct start start = *(struct start *)arg;

    free(arg);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    return start.body(start.arg);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    struct start *what = malloc(sizeof(*what));

    find_real("pthread_create", &real);
    what->body = body;
    what->arg = arg;
    return real(thread, attributes, start, what);
}
