/*
 * A function __cxa_atexit that only lists the exit handlers. A mutant of the C library includes this
 * file and defines a function exit that calls run_handlers.
 */
#ifndef EXIT_H
#define EXIT_H

#define _GNU_SOURCE /* for RTLD_NEXT */
#include "handlers.h"
#include "real.h"

int __cxa_atexit(void (*handler)(void *), void *arg, void *object)
{
    (void)object;
    add_handler(handler, arg);
    return 0;
}

/* Runs all exit handlers in reverse order. The handlers stay in the list. */
static void run_handlers(void)
{
    int each;

    for (each = count; each > 0; each--) {
        registered[each - 1].handler(registered[each - 1].arg);
    }
}

#endif
