/* Runs threads one after another on stacks that overlap the stacks of ended threads. */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
/* Size of each stack in bytes, which has room for a callback in a debug build. */
#define SIZE ((size_t)512 << 10)
/* Difference in bytes between the addresses of two successive stacks. */
#define STEP ((size_t)128 << 10)
#define THREADS 3
/*
 * Largest distance in bytes between the end of the memory that the test gives to a thread and the
 * end of the stack that the system reports. A C library may keep the thread's static TLS between
 * the two ends.
 */
#define TOP ((size_t)64 << 10)

struct run {
    csrc_callback *callback;
    char *memory;
    int error;
};

static uintptr_t given[2];

/*
 * Stores the lowest and the highest address of the memory that the running thread uses as its
 * stack.
 */
void csrc_thread_reuse_given(uintptr_t bounds[2])
{
    bounds[0] = given[0];
    bounds[1] = given[1];
}

static void call(void *arg)
{
    const struct run *run = arg;

    run->callback();
}

static void check(struct run *run)
{
    uintptr_t told[2];

    csrc_stack_bound(told);
    if (told[1] == 0) {
        return; /* The system reports no stack bounds. */
    }
    if (told[0] != given[0] || told[1] > given[1] || given[1] - told[1] > TOP) {
        run->error = csrc_wrong(
            "the system reports the stack bounds %#lx to %#lx for a thread whose stack is %#lx to %#lx",
            (unsigned long)told[0], (unsigned long)told[1], (unsigned long)given[0], (unsigned long)given[1]);
    }
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    check(run);
    csrc_all_the_way_down(call, run);
    call(run);
}

static void with_memory(void *below, void *above, void *arg)
{
    struct run *run = arg;
    char *memory = below;
    int count;

    (void)above;
    for (count = 0; run->error == 0 && count < THREADS; count++) {
        char *stack = memory + (size_t)(count % 2 == 0 ? THREADS - 1 - count : count) * STEP;
        int error;

        given[0] = (uintptr_t)stack;
        given[1] = (uintptr_t)stack + SIZE;
        error = csrc_thread_on(stack, SIZE, on_thread, run);
        if (run->error == 0) {
            run->error = error;
        }
    }
}

/* Makes 65 callbacks on each of three threads. */
int csrc_thread_reuse(csrc_callback *callback)
{
    struct run run = {callback, NULL, 0};
    int error = csrc_thread_between(SIZE + THREADS * STEP, with_memory, &run);

    return error != 0 ? error : run.error;
}
#else
void csrc_thread_reuse_given(uintptr_t bounds[2])
{
    bounds[0] = 0;
    bounds[1] = 0;
}

int csrc_thread_reuse(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
