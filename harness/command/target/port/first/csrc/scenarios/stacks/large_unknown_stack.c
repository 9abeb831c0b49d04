/* Calls back into the runtime from a stack of the given size that no library has registered. */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

struct run {
    csrc_callback *callback;
    size_t size;
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

    run->error = csrc_switch(csrc_on_stack_any, run->stack, run->size, call, run);
}

int csrc_large_unknown_stack(size_t size, csrc_callback *callback)
{
    struct run run = {callback, size, malloc(size), 0};
    int error = run.stack == NULL ? ENOMEM : csrc_thread(on_thread, &run);

    free(run.stack);
    return error != 0 ? error : run.error;
}
