/* Calls back into the runtime from chosen depths of the calling thread's stack. */
#include "../../testprog.h"

/*
 * Distance in bytes between two depths (STEP), and largest distance of a depth from the lowest
 * reported address (AROUND). The runtime's guard is 4 KiB above the lowest address, so the depths
 * lie on both sides of the guard.
 */
#define STEP ((size_t)512)
#define AROUND ((size_t)12 << 10)

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

unsigned csrc_main_stack_grows(uintptr_t told, csrc_callback *callback)
{
    size_t left = CSRC_FRAME - told;
    size_t depth;
    unsigned callbacks = 1;

    callback();
    for (depth = left - AROUND; depth < left + AROUND; depth += STEP) {
        csrc_deeper(depth, call, &callback);
        callbacks++;
    }
    return callbacks;
}
