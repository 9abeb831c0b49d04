/* A list of exit handlers, in the order in which __cxa_atexit was called. */
#ifndef HANDLERS_H
#define HANDLERS_H

#include <stdlib.h>

int __cxa_atexit(void (*handler)(void *), void *arg, void *object);

enum { MOST = 1024 };

static struct {
    void (*handler)(void *);
    void *arg;
} registered[MOST];
static int count;

static void add_handler(void (*handler)(void *), void *arg)
{
    if (count == MOST) {
        abort();
    }
    registered[count].handler = handler;
    registered[count].arg = arg;
    count++;
}

#endif
