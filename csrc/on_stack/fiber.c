/*
 * Switches stacks with the fibers of Windows. Windows allocates a fiber's stack, so this switcher
 * does not use the caller's memory.
 */
#define _WIN32_WINNT 0x0602
#include "../testprog.h"

#include <errno.h>

#ifdef _WIN32
#include <windows.h>

#ifdef __MINGW32__
/* GCC mistakes the address that MinGW's GetCurrentFiber reads for a null pointer. */
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif

struct start {
    void (*body)(void *);
    void *arg;
    void *here;
};

/*
 * Runs the caller's function `body`, then switches back. Windows ends the thread if a fiber's
 * function returns.
 */
static VOID CALLBACK enter(void *arg)
{
    const struct start *start = arg;

    start->body(start->arg);
    SwitchToFiber(start->here);
}

int csrc_on_stack_fiber(void *stack, size_t size, void (*body)(void *), void *arg)
{
    int was_fiber = IsThreadAFiber();
    struct start start = {body, arg, was_fiber ? GetCurrentFiber() : ConvertThreadToFiber(NULL)};
    void *there = start.here == NULL ? NULL : CreateFiberEx(0, size, 0, enter, &start);

    (void)stack;
    if (there != NULL) {
        SwitchToFiber(there);
        DeleteFiber(there);
    }
    if (!was_fiber && start.here != NULL) {
        ConvertFiberToThread();
    }
    return there == NULL ? ENOMEM : 0;
}
#else
int csrc_on_stack_fiber(void *stack, size_t size, void (*body)(void *), void *arg)
{
    (void)stack;
    (void)size;
    (void)body;
    (void)arg;
    return ENOTSUP;
}
#endif
