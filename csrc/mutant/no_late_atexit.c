/*
 * Mutant of the C library: a function that an exit handler registers by atexit does not run, as in
 * relibc.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <stdlib.h>

int __cxa_atexit(void (*handler)(void *), void *arg, void *object);

struct registered {
    void (*handler)(void *);
    void *arg;
};

static int is_exiting;

static void run(void *arg)
{
    struct registered *registered = arg;

    is_exiting = 1;
    registered->handler(registered->arg);
}

int __cxa_atexit(void (*handler)(void *), void *arg, void *object)
{
    int (*real)(void (*)(void *), void *, void *);
    struct registered *registered;

    find_real("__cxa_atexit", &real);
    if (is_exiting) {
        return 0;
    }
    registered = malloc(sizeof(*registered));
    if (registered == NULL) {
        abort();
    }
    registered->handler = handler;
    registered->arg = arg;
    return real(run, registered, object);
}
