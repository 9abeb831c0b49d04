/*
 * Mutant of the C library: quick_exit runs the handlers in the order in which they were registered.
 * In glibc, at_quick_exit is a part of the program and calls __cxa_at_quick_exit.
 */
#include <stdlib.h>

#define MOST 32

static void (*handlers[MOST])(void *);
static int count;

int __cxa_at_quick_exit(void (*handler)(void *), void *object)
{
    (void)object;
    if (count == MOST) {
        return -1;
    }
    handlers[count++] = handler;
    return 0;
}

void quick_exit(int status)
{
    int index;

    for (index = 0; index < count; index++) {
        handlers[index](NULL);
    }
    _Exit(status);
}
