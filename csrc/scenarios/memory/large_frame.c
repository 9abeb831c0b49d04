/*
 * Calls a function with a large frame on a thread whose stack ends at an inaccessible page, and
 * checks that the function does not write to the memory below the page.
 */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <stdio.h>
#include <string.h>

/*
 * Size in bytes of the memory below the inaccessible page. The function's frame is larger than the
 * thread's stack, and its lower end lies in the memory below the page.
 */
#define BELOW ((size_t)2 << 20)
#define FILL 0x5a

struct run {
    csrc_callback *callback;
    int error;
};

/* Stores one byte where a frame of `size` bytes would end, without touching the pages above. */
void csrc_skip_frame(size_t size)
{
    volatile char *end = (volatile char *)CSRC_FRAME - size;

    *end = 1;
}

static void on_thread(void *below, void *above, void *arg)
{
    struct run *run = arg;
    const unsigned char *bytes = below;
    size_t index;

    (void)above;
    memset(below, FILL, BELOW);
    fputs("about to call a function with a large frame\n", stderr);
    run->callback();
    for (index = 0; index < BELOW; index++) {
        if (bytes[index] != FILL) {
            run->error = csrc_wrong("a function with a large frame wrote below the inaccessible page");
            return;
        }
    }
    run->error = csrc_wrong("a function with a large frame did not use its frame");
}

int csrc_large_frame(csrc_callback *callback)
{
    struct run run = {callback, 0};
    int error = csrc_thread_between(BELOW, on_thread, &run);

    return error != 0 ? error : run.error;
}
#else
void csrc_skip_frame(size_t size)
{
    (void)size;
}

int csrc_large_frame(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
