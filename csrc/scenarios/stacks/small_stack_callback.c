/*
 * Calls back into the runtime on a thread with a small stack, when less of the stack is left than
 * the 32 KiB that a runtime may assume.
 */
#include "../../testprog.h"

/* Size of the thread's stack in bytes, and depth of the callback. */
#define SIZE ((size_t)128 << 10)
#define DEPTH ((size_t)96 << 10)

static _Alignas(64 << 10) char memory[SIZE];

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

/* Calls back when 28 KiB of the stack are left, wherever the C library has put the first frame. */
static void on_thread(void *arg)
{
    char here;
    size_t above = (size_t)((uintptr_t)memory + SIZE - (uintptr_t)&here);

    call(arg);
    if (above < DEPTH) {
        csrc_deeper(DEPTH + ((size_t)4 << 10) - above, call, arg);
    }
}

int csrc_small_stack_callback(csrc_callback *callback)
{
    return csrc_thread_on(memory, SIZE, on_thread, &callback);
}
