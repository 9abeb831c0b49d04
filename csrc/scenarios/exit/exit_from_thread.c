/* Calls exit on a C thread, while the main thread waits for that thread. */
#include "../../testprog.h"

#include <stdio.h>
#include <stdlib.h>

static int handled;

static void handler(void)
{
    handled++;
    fprintf(stderr, "the exit handler ran %d times\n", handled);
}

/* Ends the process with the status 7. The Rust code calls this function in the callback. */
void csrc_exit_from_callback(void)
{
    exit(7);
}

static void on_thread(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
    /* Only the C-only child reaches this line, because only its callback returns. */
    csrc_exit_from_callback();
}

int csrc_exit_from_thread(csrc_callback *callback)
{
    int error;

    if (atexit(handler) != 0) {
        return csrc_wrong("atexit failed");
    }
    error = csrc_thread(on_thread, &callback);
    return error != 0 ? error : csrc_wrong("exit returned, or ended only the thread that called exit");
}
