/* Writes to each page of a thread's stack, and to the byte right beyond the end of the stack. */
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
        int grows_up = csrc_stack_grows_up();
        volatile char *beyond = (volatile char *)(grows_up ? bounds[1] : bounds[0] - 1);
        /* The written pages are at least 16 KiB beyond this frame, so no page holds a frame in use. */
        uintptr_t page = grows_up ? CSRC_FRAME + ((size_t)16 << 10) : bounds[0];
        uintptr_t end = grows_up ? bounds[1] : CSRC_FRAME - ((size_t)16 << 10);

        for (; page < end; page += 4096) {
            *(volatile char *)page = 1;
        }
        fputs("about to write beyond the stack\n", stderr);
        *beyond = 1;
    }
}

int csrc_guard_page(void)
{
    int error = csrc_thread(on_thread, NULL);

    if (error != 0) {
        return error;
    }
    return csrc_wrong(is_told ? "a thread can write to the byte beyond the end of its stack"
                              : "the system reports no bounds of a thread's stack");
}
