/* Calls back into the runtime with known values in all callee-saved registers. */
#include "../../testprog.h"

/* Size of the other stack in bytes, large enough for a callback in a debug build. */
#define STACK_SIZE ((size_t)128 << 10)

static char stack[STACK_SIZE];

struct run {
    csrc_callback *callback;
    int error;
};

static void call(void *arg)
{
    const struct run *run = arg;

    run->callback();
}

static void visit(void *arg)
{
    struct run *run = arg;
    int error = csrc_keeps_registers("a callback from another stack", call, run);

    run->error = run->error != 0 ? run->error : error;
}

/*
 * The first callback of a thread and the first callback from a stack run code of the runtime that
 * later callbacks do not run.
 */
static void on_thread(void *arg)
{
    struct run *run = arg;
    int error;

    run->error = csrc_keeps_registers("the first callback", call, run);
    if (run->error == 0) {
        run->error = csrc_keeps_registers("the second callback", call, run);
    }
    if (run->error == 0) {
        error = csrc_switch(csrc_on_stack_assembly, stack, STACK_SIZE, visit, run);
        run->error = run->error != 0 ? run->error : error;
    }
}

int csrc_callback_keeps_registers(csrc_callback *callback)
{
    struct run run = {callback, 0};
    int error = csrc_thread(on_thread, &run);

    return error != 0 ? error : run.error;
}
