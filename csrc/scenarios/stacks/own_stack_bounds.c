/*
 * Starts two threads at the same time, with stacks in memory that the test has chosen. Checks that
 * the stack bounds that the system reports for each thread match this memory.
 */
#include "../../testprog.h"

/* Size of a thread's stack in bytes: room for static TLS and for a callback in a debug build. */
#define SIZE ((size_t)512 << 10)

/*
 * Largest size of a memory page on any supported system, in bytes. Some systems accept only whole
 * pages as a thread's stack.
 */
#define PAGE ((uintptr_t)64 << 10)

static char memory[2 * SIZE + PAGE];

struct run {
    csrc_callback *callback;
    char *stack;
    struct run *next;
    int error;
};

/*
 * Compares the bounds that the system reports with the memory at `stack`. The reported lower end
 * must equal `stack`. At the upper end, the C library musl may keep data of the thread in up to an
 * eighth of the memory, and report only the rest.
 */
static int check(const char *stack)
{
    uintptr_t bounds[2];
    uintptr_t lo = (uintptr_t)stack;
    uintptr_t hi = lo + SIZE;

    csrc_stack_bound(bounds);
    if (bounds[0] != lo || bounds[1] > hi || bounds[1] < hi - SIZE / 8 || bounds[1] < CSRC_FRAME) {
        return csrc_wrong("the system reports a stack from %#lx to %#lx for a thread on memory from %#lx to %#lx",
                          (unsigned long)bounds[0], (unsigned long)bounds[1], (unsigned long)lo, (unsigned long)hi);
    }
    return 0;
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    run->error = check(run->stack);
    run->callback();
    if (run->error == 0 && run->next != NULL) {
        run->error = csrc_thread_on(run->next->stack, SIZE, on_thread, run->next);
    }
    run->callback();
}

int csrc_own_stack_bounds(csrc_callback *callback)
{
    char *stacks = memory + (PAGE - (uintptr_t)memory % PAGE);
    struct run second = {callback, stacks + SIZE, NULL, 0};
    struct run first = {callback, stacks, &second, 0};
    int error = csrc_thread_on(first.stack, SIZE, on_thread, &first);

    error = error != 0 ? error : first.error;
    return error != 0 ? error : second.error;
}
