/*
 * A function pthread_create that calls `run` on the new thread, instead of the thread's function. A
 * mutant of the C library includes this file and defines `run`.
 */
#ifndef START_H
#define START_H

#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <stdlib.h>

struct start {
    void *(*function)(void *);
    void *arg;
};

/* Calls the thread's function with `arg` on the new thread, and returns the function's result. */
static void *run(void *(*function)(void *), void *arg);

static void *run_start(void *memory)
{
    struct start start = *(struct start *)memory;

    free(memory);
    return run(start.function, start.arg);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*function)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    struct start *start = malloc(sizeof(*start));

    find_real("pthread_create", &real);
    if (start == NULL) {
        abort();
    }
    *start = (struct start){function, arg};
    return real(thread, attr, run_start, start);
}

#endif
