/*
 * Mutant of the C library: at a fork, the functions that pthread_atfork has registered for the time
 * before the fork run in the order of their registration, not in the reverse order.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <stddef.h>

enum { MOST = 32 };

static void (*functions[MOST])(void);
static size_t count;

static void run_all(void)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (functions[i] != NULL) {
            functions[i]();
        }
    }
}

int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object)
{
    int (*real)(void (*)(void), void (*)(void), void (*)(void), void *);
    const int is_first = count == 0;

    find_real("__register_atfork", &real);
    if (count < MOST) {
        functions[count++] = prepare;
    }
    return real(is_first ? run_all : NULL, parent, child, object);
}
