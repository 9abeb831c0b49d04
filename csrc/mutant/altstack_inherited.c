/*
 * Mutant of the C library: a new thread has the alternate signal stack of the thread that creates
 * the new thread.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct start {
    void *(*body)(void *);
    void *arg;
    stack_t stack;
};

static void *start(void *arg)
{
    struct start start = *(struct start *)arg;

    free(arg);
    sigaltstack(&start.stack, NULL);
    return start.body(start.arg);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    struct start *what = malloc(sizeof(*what));

    find_real("pthread_create", &real);
    what->body = body;
    what->arg = arg;
    sigaltstack(NULL, &what->stack);
    return real(thread, attributes, start, what);
}
