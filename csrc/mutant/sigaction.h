/*
 * A function sigaction that changes the action that a program passes. A mutant of the C library
 * includes this file and defines `change`.
 */
#ifndef SIGACTION_H
#define SIGACTION_H

#define _GNU_SOURCE /* for RTLD_NEXT, and for the fields of ucontext_t */
#include "real.h"

#include <signal.h>
#include <stddef.h>

/* Changes a copy of the action for the signal `number` before the C library gets the copy. */
static void change(int number, struct sigaction *action);

int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    int (*real)(int, const struct sigaction *, struct sigaction *);
    struct sigaction copy;

    find_real("sigaction", &real);
    if (action == NULL) {
        return real(number, NULL, old);
    }
    copy = *action;
    change(number, &copy);
    return real(number, &copy, old);
}

#endif
