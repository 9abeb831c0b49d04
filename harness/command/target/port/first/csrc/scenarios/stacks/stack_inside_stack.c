/*
 * Switches to a stack that is a local array, as coroutine libraries do that must not allocate
 * memory.
 */
#include "../../testprog.h"

/*
 * Size of the inner stack in bytes, which must equal SIZE in
 * testprog/scenarios/stacks/stack_inside_stack.rs. The inner stack has room for a callback in a debug
 * build.
 */
#define SIZE ((size_t)64 << 10)

/*
 * Size of the thread's own stack in bytes, large enough for the inner stack and for
 * csrc_all_the_way_down.
 */
#define OWN_SIZE ((size_t)1 << 20)

struct run {
    csrc_callback *own;
    csrc_callback *inside;
    int is_announced_first;
    int error;
};

static void call_inside(void *arg)
{
    const struct run *run = arg;

    run->inside();
}

static void call_own(void *arg)
{
    const struct run *run = arg;

    run->own();
}

static void on_thread(void *arg)
{
    struct run *run = arg;
    char stack[SIZE];

    if (!run->is_announced_first) {
        run->own();
    }
    run->error = runtime_register_stack(stack, stack + sizeof stack);
    csrc_all_the_way_down(call_own, run);
    if (run->error == 0) {
        run->error = csrc_switch(csrc_on_stack_any, stack, sizeof stack, call_inside, run);
    }
    run->own();
    if (run->error == 0) {
        run->error = runtime_retire_stack(stack);
    }
    run->own();
}

int csrc_stack_inside_stack(int is_announced_first, csrc_callback *own, csrc_callback *inside)
{
    struct run run = {own, inside, is_announced_first, 0};
    int error = csrc_thread_told_less(OWN_SIZE, 0, on_thread, &run);

    return error != 0 ? error : run.error;
}
