/*
 * Calls back twice from a stack that is registered before the first callback. The runtime's hook
 * retires (unregisters) the stack during the first callback.
 */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

struct run {
    csrc_callback *callback;
    void (*arm)(void *lo);
    size_t size;
    char *stack;
    int error;
};

static void call_twice(void *arg)
{
    const struct run *run = arg;

    run->callback();
    run->callback();
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    run->callback();
    run->error = runtime_register_stack(run->stack, run->stack + run->size);
    if (run->error == 0) {
        run->arm(run->stack);
        run->error = csrc_switch(csrc_on_stack_any, run->stack, run->size, call_twice, run);
    }
}

int csrc_retired_during_lookup(size_t size, csrc_callback *callback, void (*arm)(void *lo))
{
    struct run run = {callback, arm, size, malloc(size), 0};
    int error = run.stack == NULL ? ENOMEM : csrc_thread(on_thread, &run);

    free(run.stack);
    return error != 0 ? error : run.error;
}
