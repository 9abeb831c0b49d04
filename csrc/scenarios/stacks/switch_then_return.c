/*
 * Makes a thread's first callback from another stack, and the next callbacks from the thread's own
 * stack.
 */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

/* Size of the other stack in bytes, large enough for a callback in a debug build. */
#define STACK_SIZE ((size_t)64 << 10)
/* Size of the thread's own stack in bytes. */
#define OWN_SIZE ((size_t)1 << 20)

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

static void on_thread(void *arg)
{
    struct run *run = arg;

    run->error = csrc_switch(csrc_on_stack_any, run->stack, STACK_SIZE, call, run);
    csrc_deeper(300, call, run);
    csrc_deeper((size_t)100 << 10, call, run);
    call(run);
}

int csrc_switch_then_return(csrc_callback *callback)
{
    struct run run = {callback, malloc(STACK_SIZE), 0};
    int error = run.stack == NULL ? ENOMEM : csrc_thread_told_less(OWN_SIZE, 0, on_thread, &run);

    if (error == ENOTSUP) {
        /* On Windows, a thread's stack has 1 MiB by default. */
        error = csrc_thread(on_thread, &run);
    }
    free(run.stack);
    return error != 0 ? error : run.error;
}
