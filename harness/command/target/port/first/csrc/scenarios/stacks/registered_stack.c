/*
 * Registers a stack with the runtime, calls back from the stack, retires (unregisters) the stack
 * and calls back from the stack again.
 */
#include "../../testprog.h"

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

/*
 * Calls back twice from the registered stack. The second callback comes from deeper than the 32 KiB
 * that the runtime assumes for an unknown stack.
 */
static void on_registered(void *arg)
{
    const struct run *run = arg;

    run->registered();
    csrc_deeper(run->size / 2, call_registered, arg);
}

/*
 * Returns 0 if the runtime refuses four invalid calls with the right errno values, and EPROTO
 * otherwise.
 */
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

/*
 * Runs `turn` twice on the same memory, so that state that the first call leaves behind would make
 * the second call fail.
 */
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
