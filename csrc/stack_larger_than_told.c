/* Callbacks from further down on a thread's own stack than the system says it reaches. */
#include "testprog.h"

/* A thread's stack, as the system is told it; and what is there below. Room for callbacks in a debug build. */
#define TOLD ((size_t)512 << 10)
#define MORE ((size_t)256 << 10)

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

static void on_thread(void *arg)
{
    call(arg);
    csrc_deeper(TOLD + MORE / 2, call, arg);
    call(arg);
}

int csrc_stack_larger_than_told(csrc_callback *callback)
{
    return csrc_thread_told_less(TOLD, MORE, on_thread, &callback);
}
