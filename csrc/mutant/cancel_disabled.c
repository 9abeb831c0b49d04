/*
 * Mutant of the C library: new threads start with cancellation disabled.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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
    void *symbol = dlsym(RTLD_NEXT, "pthread_create");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    what->body = body;
    what->arg = arg;
    return real(thread, attributes, start, what);
}
