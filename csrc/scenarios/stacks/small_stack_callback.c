/*
 * Calls back into the runtime on a thread with a small stack, when less of the stack is left than
 * the 32 KiB that a runtime may assume.
 */
#include "../../testprog.h"

/* Size of the thread's stack in bytes, and depth of the callback. */
#define SIZE ((size_t)128 << 10)
#define DEPTH ((size_t)96 << 10)

/*
 * Largest size of a memory page on any supported system, in bytes. Some systems accept only whole
 * pages as a thread's stack.
 */
#define PAGE ((uintptr_t)64 << 10)

static char memory[SIZE + PAGE];
static char *stack;

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

/* Calls back when 28 KiB of the stack are left, wherever the C library has put the first frame. */
static void on_thread(void *arg)
{
    size_t above = (size_t)((uintptr_t)stack + SIZE - CSRC_FRAME);

    call(arg);
    if (above < DEPTH) {
        csrc_deeper(DEPTH + ((size_t)4 << 10) - above, call, arg);
    }
}

int csrc_small_stack_callback(csrc_callback *callback)
{
    stack = memory + (PAGE - (uintptr_t)memory % PAGE);
    return csrc_thread_on(stack, SIZE, on_thread, &callback);
}
