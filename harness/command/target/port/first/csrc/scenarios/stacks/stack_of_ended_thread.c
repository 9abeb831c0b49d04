/* Uses the stack memory of an ended thread as a coroutine stack of the next thread. */
#include "../../testprog.h"

/*
 * Size of the ended thread's stack in bytes. The next thread switches to the upper half of the
 * ended thread's stack memory, which has room for a callback in a debug build.
 */
#define SIZE ((size_t)512 << 10)

struct run {
    csrc_callback *own;
    csrc_callback *elsewhere;
    char *memory;
    int error;
};

static void call_own(void *arg)
{
    const struct run *run = arg;

    run->own();
}

static void call_elsewhere(void *arg)
{
    const struct run *run = arg;

    run->elsewhere();
}

static void on_first(void *arg)
{
    csrc_all_the_way_down(call_own, arg);
}

static void on_second(void *arg)
{
    struct run *run = arg;

    run->error = csrc_switch(csrc_on_stack_any, run->memory + SIZE / 2, SIZE / 2, call_elsewhere, run);
    run->own();
}

static void with_memory(void *below, void *above, void *arg)
{
    struct run *run = arg;

    (void)above;
    run->memory = below;
    run->error = csrc_thread_on(run->memory, SIZE, on_first, run);
    if (run->error == 0) {
        int error = csrc_thread(on_second, run);

        run->error = error != 0 ? error : run->error;
    }
}

/*
 * Runs a first thread that calls own() 64 times, then a second thread that calls elsewhere() from
 * the first thread's stack memory, and own() from its own stack.
 */
int csrc_stack_of_ended_thread(csrc_callback *own, csrc_callback *elsewhere)
{
    struct run run = {own, elsewhere, NULL, 0};
    int error = csrc_thread_between(SIZE, with_memory, &run);

    return error != 0 ? error : run.error;
}
