/*
 * Registers an exit handler on a C thread. The handler calls back into the runtime after main
 * has returned.
 */
#include "../../testprog.h"

#include <stdio.h>
#include <stdlib.h>

struct run {
    csrc_callback *callback;
    int failed;
};

static csrc_callback *at_exit;

static void handler(void)
{
    at_exit();
    fputs("called back from an exit handler\n", stderr);
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    run->callback();
    run->failed = atexit(handler);
}

int csrc_atexit_callback(csrc_callback *callback)
{
    struct run run = {callback, 0};
    int error;

    at_exit = callback;
    error = csrc_thread(on_thread, &run);
    if (error == 0 && run.failed) {
        return csrc_wrong("atexit failed on a thread");
    }
    return error;
}
