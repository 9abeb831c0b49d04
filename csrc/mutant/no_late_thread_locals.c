/*
 * Mutant of the C library: the destructor of a thread-local variable does not run if another
 * destructor of the thread was the first to use the variable.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <stdlib.h>

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object);

struct registered {
    void (*destructor)(void *);
    void *value;
};

static __thread int is_exiting;

static void run(void *arg)
{
    struct registered *registered = arg;

    is_exiting = 1;
    registered->destructor(registered->value);
    free(registered);
}

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object)
{
    int (*real)(void (*)(void *), void *, void *);
    struct registered *registered;

    find_real("__cxa_thread_atexit_impl", &real);
    if (is_exiting) {
        return 0;
    }
    registered = malloc(sizeof(*registered));
    if (registered == NULL) {
        abort();
    }
    registered->destructor = destructor;
    registered->value = value;
    return real(run, registered, object);
}
