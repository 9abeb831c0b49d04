/* Calls back into the runtime alternately from two small, adjacent stacks. */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

/* Number of usable bytes that the runtime assumes below the stack pointer on an unknown stack. */
#define ESTIMATE ((size_t)32 << 10)
/*
 * Size of a stack in bytes that is too small for a callback, and a multiple of every stack
 * alignment in use.
 */
#define TOO_LITTLE ((size_t)512)
/*
 * Size of the upper stack in bytes: less than ESTIMATE, so the estimate for the upper stack ends
 * right below the top of the lower stack.
 */
#define UPPER (ESTIMATE - TOO_LITTLE)
#define LOWER ESTIMATE

struct run {
    csrc_callback *callback;
    char *lower;
    int error;
};

static void call(void *arg)
{
    const struct run *run = arg;

    run->callback();
}

static void visit(struct run *run, void *stack, size_t size)
{
    if (run->error == 0) {
        run->error = csrc_switch(csrc_on_stack_any, stack, size, call, run);
    }
}

static void on_thread(void *arg)
{
    struct run *run = arg;
    int turn;

    run->callback();
    for (turn = 0; turn < 2; turn++) {
        visit(run, run->lower + LOWER, UPPER);
        visit(run, run->lower, LOWER);
    }
}

int csrc_overlapping_estimates(csrc_callback *callback)
{
    struct run run = {callback, malloc(LOWER + UPPER), 0};
    int error = run.lower == NULL ? ENOMEM : csrc_thread(on_thread, &run);

    free(run.lower);
    return error != 0 ? error : run.error;
}
