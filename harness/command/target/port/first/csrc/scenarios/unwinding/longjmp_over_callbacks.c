/* Leaves callbacks, and the calls of C that the callbacks make, by longjmp. */
#include "../../testprog.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>

/* Number of jumps from each stack. */
#define JUMPS 100
/* Size in bytes of the allocated stack, large enough for nested callbacks in a debug build. */
#define STACK_SIZE ((size_t)256 << 10)
/*
 * Number of bytes between the frame that a jump goes to and the callback that the jump leaves.
 * DEEPER is more than a callback needs in a debug build, so the callback after the jumps has a
 * higher stack pointer than the callbacks that the jumps have left.
 */
#define DEEPER ((size_t)16 << 10)

struct run {
    csrc_callback *outer;
    csrc_callback *inner;
    csrc_callback *after;
    char *stack;
    int error;
};

static _Thread_local jmp_buf before_callback;
static _Thread_local struct run *current;

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

/* The inner callback calls this function. */
void csrc_jump_over(void)
{
    longjmp(before_callback, 1);
}

/*
 * This function makes inner callbacks and leaves them by jumps. The outer callback calls this
 * function, and C code also calls this function outside of any callback.
 */
void csrc_jump_often(void)
{
    volatile int count;

    for (count = 0; count < JUMPS; count++) {
        if (setjmp(before_callback) == 0) {
            csrc_deeper(DEEPER, call, &current->inner);
        }
    }
}

static void on_stack(void *arg)
{
    struct run *run = arg;

    current = run;
    run->outer();
    csrc_jump_often();
    run->after();
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    on_stack(run);
    run->error = csrc_switch(csrc_on_stack_any, run->stack, STACK_SIZE, on_stack, run);
}

int csrc_longjmp_over_callbacks(csrc_callback *outer, csrc_callback *inner, csrc_callback *after)
{
    struct run run = {outer, inner, after, malloc(STACK_SIZE), 0};
    int error = run.stack == NULL ? ENOMEM : csrc_thread(on_thread, &run);

    free(run.stack);
    return error != 0 ? error : run.error;
}
