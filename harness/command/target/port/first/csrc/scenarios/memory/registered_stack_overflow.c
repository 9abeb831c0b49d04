/*
 * Overflows a small registered stack that has writable memory below it, so no SIGSEGV stops the
 * overflow.
 */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

struct run {
    void (*overflow)(uintptr_t lo);
    size_t size;
    char *memory;
    int error;
};

static void call(void *arg)
{
    const struct run *run = arg;

    run->overflow((uintptr_t)run->memory + run->size);
}

/* Registers only the upper half of the allocated memory as a stack. */
static void on_thread(void *arg)
{
    struct run *run = arg;
    char *stack = run->memory + run->size;

    run->error = runtime_register_stack(stack, stack + run->size);
    if (run->error == 0) {
        run->error = csrc_switch(csrc_on_stack_any, stack, run->size, call, run);
    }
}

int csrc_registered_stack_overflow(size_t size, void (*overflow)(uintptr_t lo))
{
    struct run run = {overflow, size, malloc(2 * size), 0};
    int error = run.memory == NULL ? ENOMEM : csrc_thread(on_thread, &run);

    free(run.memory);
    return error != 0 ? error : run.error;
}
