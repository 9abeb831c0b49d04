/* Overflows a small registered stack that is a local array of the main thread. */
#include "../../testprog.h"

#include <errno.h>

/* Largest size in bytes of the stack. The same number of bytes below the stack stays unused. */
#define LARGEST ((size_t)32 << 10)

struct run {
    void (*overflow)(uintptr_t lo);
    char *stack;
};

static void call(void *arg)
{
    const struct run *run = arg;

    run->overflow((uintptr_t)run->stack);
}

/* Registers only the upper half of the array `memory` as a stack, so that the overflow writes only into `memory`. */
int csrc_inner_stack_overflow(size_t size, void (*overflow)(uintptr_t lo))
{
    char memory[2 * LARGEST];
    struct run run = {overflow, memory + size};
    int error = size > LARGEST ? EINVAL : runtime_register_stack(run.stack, run.stack + size);

    if (error == 0) {
        error = csrc_switch(csrc_on_stack_any, run.stack, size, call, &run);
        runtime_retire_stack(run.stack);
    }
    return error;
}
