/* Starts threads in C on Windows, so that no language runtime knows the threads. */
#define _WIN32_WINNT 0x0602
#include "../testprog.h"

#include <errno.h>
#include <windows.h>

struct start {
    void (*body)(void *);
    void *arg;
    int ended;
};

static DWORD WINAPI start(void *arg)
{
    struct start *start = arg;

    start->body(start->arg);
    start->ended = 1;
    return 0;
}

int csrc_thread(void (*body)(void *), void *arg)
{
    struct start what = {body, arg, 0};
    HANDLE thread = CreateThread(NULL, 0, start, &what, 0, NULL);

    if (thread == NULL) {
        return EAGAIN;
    }
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    return what.ended ? 0 : ECANCELED; /* If `ended` is 0, the thread was killed, but the process was not. */
}

struct between {
    void (*body)(void *below, void *above, void *arg);
    void *arg;
    size_t size;
    int error;
};

/*
 * Reserves free memory near the address `from`. Windows cannot run a thread on memory that the
 * caller chooses, so `between` searches for free memory around the thread's stack.
 */
static char *reserve(uintptr_t from, size_t size, int upwards)
{
    /*
     * Distance between two attempts in bytes, a multiple of 64 KiB, Windows's allocation
     * granularity.
     */
    const uintptr_t step = (uintptr_t)1 << 20;
    uintptr_t at = from / step * step;
    int tries;

    for (tries = 0; tries < 4096; tries++) {
        void *memory;

        at = upwards ? at + step : at - step;
        memory = VirtualAlloc((void *)at, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (memory != NULL) {
            return memory;
        }
    }
    return NULL;
}

static void between(void *arg)
{
    struct between *what = arg;
    uintptr_t bounds[2];
    char *below;
    char *above;

    csrc_stack_bound(bounds);
    below = reserve(bounds[0], what->size, 0);
    above = reserve(bounds[1], what->size, 1);
    if (below == NULL || above == NULL) {
        what->error = ENOMEM;
    } else {
        what->body(below, above, what->arg);
    }
    if (below != NULL) {
        VirtualFree(below, 0, MEM_RELEASE);
    }
    if (above != NULL) {
        VirtualFree(above, 0, MEM_RELEASE);
    }
}

int csrc_thread_between(size_t size, void (*body)(void *below, void *above, void *arg), void *arg)
{
    struct between what = {body, arg, size, 0};
    int error = csrc_thread(between, &what);

    return error != 0 ? error : what.error;
}

int csrc_thread_on(void *stack, size_t size, void (*body)(void *), void *arg)
{
    (void)stack;
    (void)size;
    (void)body;
    (void)arg;
    return ENOTSUP;
}

int csrc_thread_told_less(size_t told, size_t more, void (*body)(void *), void *arg)
{
    (void)told;
    (void)more;
    (void)body;
    (void)arg;
    return ENOTSUP;
}
