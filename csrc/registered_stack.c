/* A stack that is registered, run on, retired and run on again. */
#include "testprog.h"

#include <errno.h>
#include <stdlib.h>

struct run {
    size_t size;
    csrc_callback *registered;
    csrc_callback *retired;
    char *stack;
    int error;
};

static void call_registered(void *arg)
{
    const struct run *run = arg;

    run->registered();
}

static void call_retired(void *arg)
{
    const struct run *run = arg;

    run->retired();
}

/* Also from further down than the runtime's estimate of an unknown stack reaches. */
static void on_registered(void *arg)
{
    const struct run *run = arg;

    run->registered();
    csrc_deeper(run->size / 2, call_registered, arg);
}

/* What must be refused, and is. */
static int refused(char *stack, size_t size)
{
    if (runtime_register_stack(stack, stack + size) != EEXIST) {
        return EPROTO;
    }
    if (runtime_register_stack(stack + size / 2, stack + size + size / 2) != EEXIST) {
        return EPROTO;
    }
    if (runtime_register_stack(stack + size, stack) != EINVAL) {
        return EPROTO;
    }
    return runtime_retire_stack(stack + 1) == ENOENT ? 0 : EPROTO;
}

static int turn(struct run *run)
{
    int error = runtime_register_stack(run->stack, run->stack + run->size);

    if (error == 0) {
        error = refused(run->stack, run->size);
    }
    if (error == 0) {
        error = csrc_switch(csrc_on_stack_any, run->stack, run->size, on_registered, run);
    }
    if (error == 0) {
        error = runtime_retire_stack(run->stack);
    }
    if (error == 0) {
        error = csrc_switch(csrc_on_stack_any, run->stack, run->size, call_retired, run);
    }
    if (error == 0 && runtime_retire_stack(run->stack) != ENOENT) {
        error = EPROTO;
    }
    return error;
}

/* Twice: the second stack has what the first one left behind. */
static void on_thread(void *arg)
{
    struct run *run = arg;

    run->error = turn(run);
    if (run->error == 0) {
        run->error = turn(run);
    }
}

int csrc_registered_stack(size_t size, csrc_callback *registered, csrc_callback *retired)
{
    struct run run = {size, registered, retired, malloc(size), 0};
    int error = run.stack == NULL ? ENOMEM : csrc_thread(on_thread, &run);

    free(run.stack);
    return error != 0 ? error : run.error;
}
