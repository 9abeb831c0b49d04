/*
 * Checks that a new thread inherits the rounding mode of the thread that has created it, and that a
 * thread changes no other thread's rounding mode.
 */
#include "../../testprog.h"

struct run {
    csrc_callback *callback;
    int rounds_up;
    int error;
};

static void keep(void *arg)
{
    struct run *run = arg;

    run->rounds_up = csrc_rounds_up();
    run->callback();
}

static void change(void *arg)
{
    struct run *run = arg;

    run->rounds_up = csrc_rounds_up();
    csrc_round_up(!run->rounds_up);
    run->callback();
}

static int check(struct run *run)
{
    int error, inherited;

    csrc_round_up(1);
    error = csrc_thread(keep, run);
    inherited = run->rounds_up;
    if (error == 0) {
        error = csrc_thread(change, run);
    }
    if (error != 0) {
        return error;
    }
    if (!csrc_rounds_up()) {
        return csrc_wrong("a thread changed the rounding mode of the thread that had created it");
    }
    csrc_round_up(0);
    if (csrc_rounds_up()) {
        return 0; /* csrc/on_stack/registers.c cannot change this processor's rounding mode. */
    }
    /* The first thread leaves its rounding mode changed when it ends. */
    error = csrc_thread(change, run);
    if (error == 0) {
        error = csrc_thread(keep, run);
    }
    if (error != 0) {
        return error;
    }
    if (run->rounds_up) {
        return csrc_wrong("a new thread does not round to the nearest number, as its creator does");
    }
    return inherited ? 0 : csrc_wrong("a new thread starts with the default rounding mode");
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    run->error = check(run);
    csrc_round_up(0);
}

int csrc_thread_rounding_mode(csrc_callback *callback)
{
    struct run run = {callback, 0, 0};
    int error = csrc_thread(on_thread, &run);

    return error != 0 ? error : run.error;
}
