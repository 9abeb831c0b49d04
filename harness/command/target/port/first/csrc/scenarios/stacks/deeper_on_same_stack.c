/*
 * Makes pairs of callbacks into the runtime from one allocated stack; the second callback of each
 * pair comes from deeper in the stack.
 */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

/* Size of the stack in bytes, large enough for a callback in a debug build at the depth DEEPEST. */
#define STACK_SIZE ((size_t)128 << 10)
/*
 * Largest depth of a callback in bytes, more than the 32 KiB that the runtime assumes below the
 * first callback.
 */
#define DEEPEST ((size_t)40 << 10)
#define STEP ((size_t)8)

struct run {
    csrc_callback *callback;
    char *stack;
    int error;
};

static void call(void *arg)
{
    const struct run *run = arg;

    run->callback();
}

static void descend(void *arg)
{
    const struct run *run = arg;
    size_t depth;

    for (depth = 0; depth <= DEEPEST; depth += STEP) {
        run->callback();
        csrc_deeper(depth, call, arg);
    }
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    run->callback();
    run->error = csrc_switch(csrc_on_stack_any, run->stack, STACK_SIZE, descend, run);
}

int csrc_deeper_on_same_stack(csrc_callback *callback)
{
    struct run run = {callback, malloc(STACK_SIZE), 0};
    int error = run.stack == NULL ? ENOMEM : csrc_thread(on_thread, &run);

    free(run.stack);
    return error != 0 ? error : run.error;
}
