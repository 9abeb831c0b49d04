/* A coroutine library under a C thread that calls back: on its own stack, then on others. */
#include "testprog.h"

#include <errno.h>
#include <stdlib.h>

/* Larger than the runtime's estimate of an unknown stack, so that the estimates for two such stacks are apart. */
#define STACK_SIZE ((size_t)64 << 10)
/* The runtime's estimate: this much below the stack pointer. */
#define ESTIMATE ((size_t)32 << 10)
/* Less than a callback needs, a multiple of every alignment in use. */
#define TOO_LITTLE ((size_t)512)

struct run {
    csrc_on_stack *on_stack;
    csrc_callback *callback;
    char *first;
    char *second;
    int error;
};

static void call(void *arg)
{
    const struct run *run = arg;

    run->callback();
}

static void visit(struct run *run, void *stack, size_t size)
{
    if (run->error == 0) {
        run->error = csrc_switch(run->on_stack, stack, size, call, run);
    }
}

/* Where the new stack lies matters: one below the recorded stack looks like an overflow, one above like plenty of room. */
static void placed(void *below, void *above, void *arg)
{
    struct run *run = arg;

    run->callback();
    visit(run, below, STACK_SIZE);
    run->callback();
    visit(run, above, STACK_SIZE);
    run->callback();
}

/* As in https://go.dev/issue/62440. The thread ends on the second stack's bounds, with no further callback: one more on
   its own stack would set the bounds right and hide from the next thread what it is to find. */
static void switching(void *arg)
{
    struct run *run = arg;

    run->callback();
    visit(run, run->first, STACK_SIZE);
    visit(run, run->second, STACK_SIZE);
}

/* The next thread's stack overlaps the window that was estimated for the last one, and has its top near that window's low
   end: inside of it, with no room left in it. */
static void overlapping(void *arg)
{
    struct run *run = arg;

    visit(run, run->second, STACK_SIZE - ESTIMATE + TOO_LITTLE);
}

int csrc_stack_switch_callback(csrc_on_stack *on_stack, csrc_callback *callback)
{
    struct run run = {on_stack, callback, NULL, NULL, 0};
    int error = csrc_thread_between(STACK_SIZE, placed, &run);

    /* Both before either is freed, so that they are apart. */
    run.first = malloc(STACK_SIZE);
    run.second = malloc(STACK_SIZE);
    if (run.first == NULL || run.second == NULL) {
        error = ENOMEM;
    }
    if (error == 0) {
        error = csrc_thread(switching, &run);
    }
    if (error == 0) {
        error = csrc_thread(overlapping, &run);
    }
    free(run.first);
    free(run.second);
    return error != 0 ? error : run.error;
}
