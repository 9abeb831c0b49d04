/*
 * Starts threads on POSIX systems with chosen memory as their stacks. This file is separate from
 * pthread.c because pthread.c must build on targets without pthread_attr_setstack.
 */
#define _DEFAULT_SOURCE /* for MAP_ANONYMOUS */
#define _DARWIN_C_SOURCE
#define __EXTENSIONS__ /* for MAP_ANONYMOUS on illumos */
#include "../testprog.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * OpenBSD 6.4 and later kills a process whose stack pointer is in memory without MAP_STACK. On
 * FreeBSD, MAP_STACK must not be set, because FreeBSD's MAP_STACK maps memory that grows, in which
 * an inaccessible page is no guard page.
 */
#ifdef __OpenBSD__
#define STACK_MARK MAP_STACK
#else
#define STACK_MARK 0
#endif

struct run {
    void (*body)(void *);
    void *arg;
    char *stack;
    size_t size;
    int is_elsewhere; /* Whether the thread runs on other memory than `stack`. */
};

/* Runs the body only if the thread runs on the chosen memory. */
static void *start(void *arg)
{
    struct run *run = arg;
    uintptr_t here = CSRC_FRAME;

    run->is_elsewhere = here < (uintptr_t)run->stack || here - (uintptr_t)run->stack >= run->size;
    if (!run->is_elsewhere) {
        run->body(run->arg);
    }
    return NULL;
}

static int run_on(void *stack, size_t size, void (*body)(void *), void *arg)
{
    struct run run = {body, arg, stack, size, 0};
    pthread_attr_t attr;
    pthread_t thread;
    int error = pthread_attr_init(&attr);

    if (error != 0) {
        return error;
    }
    error = pthread_attr_setstack(&attr, stack, size);
    if (error == 0) {
        error = pthread_create(&thread, &attr, start, &run);
    }
    pthread_attr_destroy(&attr);
    if (error == 0) {
        error = pthread_join(thread, NULL);
    }
    if (error == 0 && run.is_elsewhere) {
        return csrc_wrong("pthread_attr_setstack: a thread did not run on the memory that the program had chosen");
    }
    return error;
}

/*
 * Size of the thread's stack in bytes, large enough for static TLS and for a callback in a debug
 * build with a sanitizer.
 */
#define BETWEEN ((size_t)1 << 20)

struct between {
    void (*body)(void *below, void *above, void *arg);
    void *below;
    void *above;
    void *arg;
};

static void between(void *arg)
{
    const struct between *what = arg;

    what->body(what->below, what->above, what->arg);
}

/*
 * Maps, from low to high addresses, the memory below, an inaccessible page, the thread's stack,
 * another inaccessible page, and the memory above.
 */
int csrc_thread_between(size_t size, void (*body)(void *below, void *above, void *arg), void *arg)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t side = (size + page - 1) / page * page;
    size_t whole = side + page + BETWEEN + page + side;
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | STACK_MARK;
    char *base = mmap(NULL, whole, PROT_READ | PROT_WRITE, flags, -1, 0);
    char *stack;
    int error;

    if (base == MAP_FAILED) {
        return errno;
    }
    stack = base + side + page;
    if (mprotect(stack - page, page, PROT_NONE) == -1 || mprotect(stack + BETWEEN, page, PROT_NONE) == -1) {
        error = errno;
    } else {
        struct between what = {body, base + side - size, stack + BETWEEN + page, arg};

        error = run_on(stack, BETWEEN, between, &what);
    }
    munmap(base, whole);
    return error;
}

int csrc_thread_on(void *stack, size_t size, void (*body)(void *), void *arg)
{
    return run_on(stack, size, body, arg);
}

int csrc_thread_told_less(size_t told, size_t more, void (*body)(void *), void *arg)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | STACK_MARK;
    char *base = mmap(NULL, more + told, PROT_READ | PROT_WRITE, flags, -1, 0);
    int error;

    if (base == MAP_FAILED) {
        return errno;
    }
    error = csrc_thread_on(csrc_stack_grows_up() ? base : base + more, told, body, arg);
    munmap(base, more + told);
    return error;
}
