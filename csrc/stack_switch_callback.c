/* Calls back from C threads, on their own stacks and on stacks of a coroutine library. */
#include "testprog.h"

#include <errno.h>
#include <stdlib.h>

/*
 * Larger than the 32 KiB that the runtime assumes of an unknown stack, so two estimates do not
 * overlap.
 */
#define STACK_SIZE ((size_t)64 << 10)
/* On an unknown stack, the runtime assumes this many bytes below the stack pointer. */
#define ESTIMATE ((size_t)32 << 10)
/* Fewer bytes than a callback needs, and a multiple of every stack alignment in use. */
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

/*
 * Calls back from stacks below and above the thread's own stack. If the runtime keeps stale bounds,
 * a callback from below looks like a stack overflow, and a callback from above passes that check.
 */
static void placed(void *below, void *above, void *arg)
{
    struct run *run = arg;

    run->callback();
    visit(run, below, STACK_SIZE);
    run->callback();
    visit(run, above, STACK_SIZE);
    run->callback();
}

/*
 * Repeats the test of https://go.dev/issue/62440.
 *
 * The last callback comes from the second stack, so the bounds of the second stack stay recorded
 * for `overlapping`. A further callback on the thread's own stack would replace these bounds.
 */
static void switching(void *arg)
{
    struct run *run = arg;

    run->callback();
    visit(run, run->first, STACK_SIZE);
    visit(run, run->second, STACK_SIZE);
}

/*
 * Calls back from a stack whose top lies just above the low end of the recorded bounds. These
 * bounds contain the stack pointer but leave no room below it. They are the estimate for the last
 * callback of `switching`.
 */
static void overlapping(void *arg)
{
    struct run *run = arg;

    visit(run, run->second, STACK_SIZE - ESTIMATE + TOO_LITTLE);
}

int csrc_stack_switch_callback(csrc_on_stack *on_stack, csrc_callback *callback)
{
    struct run run = {on_stack, callback, NULL, NULL, 0};
    int error = csrc_thread_between(STACK_SIZE, placed, &run);

    /* Both stacks are allocated at the same time, so that they cannot be the same memory. */
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
