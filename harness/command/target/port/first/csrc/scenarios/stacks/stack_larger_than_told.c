/*
 * Calls back from a thread's own stack, below the lowest address that the system reports for that
 * stack.
 */
#include "../../testprog.h"

/*
 * Size in bytes of the part of the thread's stack that the system reports (TOLD), and of the
 * unreported part below (MORE). Each of the two parts has room for a callback in a debug build.
 */
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
