/* Runs the function `body` on a registered stack; `body` may retire (unregister) that stack. */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

struct run {
    void (*body)(void *lo);
    size_t size;
    char *stack;
    int error;
};

static void call(void *arg)
{
    const struct run *run = arg;

    run->body(run->stack);
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    run->error = runtime_register_stack(run->stack, run->stack + run->size);
    if (run->error == 0) {
        run->error = csrc_switch(csrc_on_stack_any, run->stack, run->size, call, run);
    }
}

int csrc_retired_stack_in_use(size_t size, void (*body)(void *lo))
{
    struct run run = {body, size, malloc(size), 0};
    int error = run.stack == NULL ? ENOMEM : csrc_thread(on_thread, &run);

    free(run.stack);
    return error != 0 ? error : run.error;
}
