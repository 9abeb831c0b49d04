/*
 * Calls back into the runtime from C threads, on the threads' own stacks and on other stacks, as
 * programs with coroutines do.
 */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

/*
 * Size of a stack in bytes, larger than the 32 KiB that the runtime assumes for an unknown stack,
 * so the estimates for two stacks do not overlap.
 */
#define STACK_SIZE ((size_t)64 << 10)
/* Number of usable bytes that the runtime assumes below the stack pointer on an unknown stack. */
#define ESTIMATE ((size_t)32 << 10)
/*
 * Size of a stack in bytes that is too small for a callback, and a multiple of every stack
 * alignment in use.
 */
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
 * Calls back from stacks below and above the thread's own stack. If the runtime keeps the bounds of
 * the thread's own stack, a callback from the stack below looks like a stack overflow, and a
 * callback from the stack above passes the runtime's stack check.
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
 * Calls back from two allocated stacks on one thread, as the test of https://go.dev/issue/62440
 * does.
 *
 * The last callback of this function comes from the second stack, so the runtime still has the
 * second stack's bounds when the function `overlapping` runs. A further callback on the thread's
 * own stack would replace the second stack's bounds.
 */
static void switching(void *arg)
{
    struct run *run = arg;

    run->callback();
    visit(run, run->first, STACK_SIZE);
    visit(run, run->second, STACK_SIZE);
}

/*
 * Calls back from a stack whose top lies 512 bytes above the low end of the bounds that the runtime
 * has recorded. The recorded bounds are the runtime's estimate for the last callback of
 * `switching`; they contain the stack pointer but leave too little room below the stack pointer.
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
