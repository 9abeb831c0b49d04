/* Calls back into the runtime on a thread's own stack: from near the top, and from far below. */
#include "../../testprog.h"

#include <errno.h>

/*
 * Size of the thread's stack in bytes. The default size is too small in some C libraries, such as
 * 128 KiB in musl.
 */
#define SIZE ((size_t)1 << 20)
/* Depth of the deep callback in bytes, more than the 32 KiB that a runtime may assume. */
#define DEEP ((size_t)100 << 10)

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

static void on_thread(void *arg)
{
    call(arg);
    csrc_deeper(DEEP, call, arg);
    call(arg);
}

/* Makes three outermost callbacks on a new thread. */
int csrc_deep_callback(csrc_callback *callback)
{
    int error = csrc_thread_told_less(SIZE, 0, on_thread, &callback);

    /* On Windows, a thread's stack has 1 MiB by default. */
    return error == ENOTSUP ? csrc_thread(on_thread, &callback) : error;
}

/* Calls back from deeper in the stack. A callback calls this function to make a nested callback. */
void csrc_deep_callback_again(csrc_callback *callback)
{
    csrc_deeper(DEEP, call, &callback);
}
