/* Switches to a stack with an inaccessible page beyond its end, and overflows the stack. */
#define _DEFAULT_SOURCE /* for MAP_ANONYMOUS */
#define _DARWIN_C_SOURCE
#define __EXTENSIONS__ /* for MAP_ANONYMOUS on illumos */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __OpenBSD__
#define STACK_MARK MAP_STACK /* OpenBSD kills a process whose stack pointer is in other memory. */
#else
#define STACK_MARK 0
#endif

/* Size in bytes of the stack, and of the writable memory beyond the inaccessible page. */
#define SIZE ((size_t)128 << 10)

struct run {
    char *stack;
    uintptr_t end; /* Address in the middle of the writable memory beyond the inaccessible page. */
    int grows_up;
    int error;
};

/*
 * Calls itself until the frame is in the writable memory beyond the inaccessible page. Each frame is
 * smaller than the page, so a call cannot skip the page.
 */
static void recurse(const struct run *run, unsigned *deepest)
{
    volatile char frame[512];

    frame[0] = 1;
    ++*deepest;
    if (run->grows_up ? CSRC_FRAME < run->end : CSRC_FRAME > run->end) {
        recurse(run, deepest);
    }
    frame[sizeof(frame) - 1] = frame[0];
}

static void overflow(void *arg)
{
    unsigned deepest = 0;

    recurse(arg, &deepest);
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    fputs("about to overflow a stack\n", stderr);
    run->error = csrc_switch(csrc_on_stack_any, run->stack, SIZE, overflow, run);
}

int csrc_switched_stack_overflow(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | STACK_MARK;
    char *memory = mmap(NULL, SIZE + page + SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
    struct run run = {NULL, 0, csrc_stack_grows_up(), 0};
    int error;

    if (memory == MAP_FAILED || mprotect(memory + SIZE, page, PROT_NONE) == -1) {
        return errno;
    }
    run.stack = run.grows_up ? memory : memory + SIZE + page;
    run.end = (uintptr_t)memory + (run.grows_up ? SIZE + page + SIZE / 2 : SIZE / 2);
    error = csrc_thread(on_thread, &run);
    munmap(memory, SIZE + page + SIZE);
    if (error != 0 || run.error != 0) {
        return error != 0 ? error : run.error;
    }
    return csrc_wrong("the stack overflow wrote beyond the inaccessible page");
}
#else
int csrc_switched_stack_overflow(void)
{
    return ENOTSUP;
}
#endif
