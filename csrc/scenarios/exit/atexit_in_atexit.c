/*
 * Registers more exit handlers than ISO C requires a C library to accept, one of them in an exit
 * handler.
 */
#include "../../testprog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Number of handlers that only count their calls. ISO C requires room for 32 handlers. */
#define MANY 40

/* One letter for each handler that has run, except for the handlers that only count their calls. */
static char order[8];
static int counted;

static void note(const char *letter)
{
    if (strlen(order) + 1 < sizeof(order)) {
        strcat(order, letter);
    }
}

static void count(void)
{
    counted++;
}

static void inner(void)
{
    note("i");
}

static void outer(void)
{
    note("o");
    if (atexit(inner) != 0) {
        note("!");
    }
}

static void before(void)
{
    note("b");
}

static void after(void)
{
    note("a");
}

/* Runs after all other exit handlers, because this handler was registered first. */
static void last(void)
{
    fprintf(stderr, "the exit handlers ran in the order %s, and %d others\n", order, counted);
}

int csrc_atexit_in_atexit(void)
{
    int failed = atexit(last);
    int each;

    for (each = 0; each < MANY; each++) {
        failed |= atexit(count);
    }
    failed |= atexit(after);
    failed |= atexit(outer);
    failed |= atexit(before);
    return failed ? csrc_wrong("atexit did not accept %d functions", MANY + 4) : 0;
}
