/* Writes to each page of a thread's stack, and to the byte right below the stack. */
#include "../../testprog.h"

#include <stdio.h>

static int is_told;

static void on_thread(void *arg)
{
    uintptr_t bounds[2];

    (void)arg;
    csrc_stack_bound(bounds);
    is_told = bounds[0] != 0;
    if (is_told) {
        volatile char *below = (volatile char *)(bounds[0] - 1);
        uintptr_t page = bounds[0];

        /* The loop ends 16 KiB below this frame, so that it overwrites no frame that is in use. */
        for (; page < CSRC_FRAME - ((size_t)16 << 10); page += 4096) {
            *(volatile char *)page = 1;
        }
        fputs("about to write below the stack\n", stderr);
        *below = 1;
    }
}

int csrc_guard_page(void)
{
    int error = csrc_thread(on_thread, NULL);

    if (error != 0) {
        return error;
    }
    return csrc_wrong(is_told ? "a thread can write to the byte below its stack"
                              : "the system reports no bounds of a thread's stack");
}
