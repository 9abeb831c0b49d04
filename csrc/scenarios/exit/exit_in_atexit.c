/* Calls exit in an exit handler. */
#include "../../testprog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Maximum number of calls of exit in the handler. The limit ends the loop in a faulty C library
 * that runs the handler again after each call.
 */
#define MOST_EXITS 2

/* One letter for each exit handler that has run, in the order of the calls. */
static char order[16];
static int exits;

static void note(const char *letter)
{
    if (strlen(order) + 1 < sizeof(order)) {
        strcat(order, letter);
    }
}

static void first(void)
{
    note("c");
}

static void second(void)
{
    note("b");
    exits++;
    if (exits <= MOST_EXITS) {
        exit(5);
    }
}

static void third(void)
{
    note("a");
}

static void last(void)
{
    fprintf(stderr, "the exit handlers ran in the order %s\n", order);
}

int csrc_exit_in_atexit(void)
{
    int failed = atexit(last);

    failed |= atexit(third);
    failed |= atexit(second);
    failed |= atexit(first);
    if (!failed) {
        exit(3);
    }
    return csrc_wrong("atexit failed");
}
