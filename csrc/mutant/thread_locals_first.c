/*
 * Mutant of the C library: pthread_exit runs the destructors of thread-local variables before the
 * cancellation cleanup handlers, as relibc does.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <stdlib.h>

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object);

struct registered {
    void (*destructor)(void *);
    void *value;
    struct registered *next;
};

static __thread struct registered *list;

/* Runs the destructors that have not run yet. */
static void run_all(void *arg)
{
    (void)arg;
    while (list != NULL) {
        struct registered *first = list;

        list = first->next;
        first->destructor(first->value);
        free(first);
    }
}

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object)
{
    int (*add)(void (*)(void *), void *, void *);
    struct registered *registered = malloc(sizeof(*registered));

    find_real("__cxa_thread_atexit_impl", &add);
    if (registered == NULL) {
        abort();
    }
    registered->destructor = destructor;
    registered->value = value;
    registered->next = list;
    list = registered;
    return add(run_all, NULL, object);
}

void pthread_exit(void *value)
{
    void (*leave)(void *) __attribute__((noreturn));

    find_real("pthread_exit", &leave);
    run_all(NULL);
    leave(value);
}
