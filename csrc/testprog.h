/*
 * Declarations shared by the C code of the scenarios.
 *
 * C functions that Rust calls are named csrc_*. Rust functions that C calls are passed as function
 * pointers, except for runtime_register_stack and runtime_retire_stack.
 */
#ifndef TESTPROG_H
#define TESTPROG_H

#include <stddef.h>
#include <stdint.h>

/* Callback: a Rust function that C code calls to enter the runtime. */
typedef void csrc_callback(void);

/*
 * Switcher: runs body(arg) on the `size` bytes at `stack` as its stack. Returns 0 or an errno
 * value.
 */
typedef int csrc_on_stack(void *stack, size_t size, void (*body)(void *), void *arg);

csrc_on_stack csrc_on_stack_ucontext; /* Switches by swapcontext. Returns ENOTSUP without it. */
csrc_on_stack csrc_on_stack_altstack; /* Switches by sigaltstack. Returns ENOTSUP without it. */
csrc_on_stack csrc_on_stack_any;      /* Calls the first of the two that the target supports. */

/*
 * Calls the given switcher. Returns EFAULT if the switcher would run body on other memory than
 * `stack`.
 */
int csrc_switch(csrc_on_stack *on_stack, void *stack, size_t size, void (*body)(void *), void *arg);

/* Runs body(arg) on a new thread and joins the thread. Returns 0 or an errno value. */
int csrc_thread(void (*body)(void *), void *arg);

/*
 * Runs body(below, above, arg) on a new thread and joins the thread. `below` and `above` are `size`
 * bytes of free memory each, on the two sides of the thread's stack. Returns 0 or an errno value.
 */
int csrc_thread_between(size_t size, void (*body)(void *below, void *above, void *arg), void *arg);

/*
 * Runs body(arg) on a new thread whose stack is the `size` bytes at `stack`, and joins the thread.
 * The caller may reuse the memory afterwards. Returns 0 or an errno value: ENOTSUP on Windows,
 * which has no pthread_attr_setstack.
 */
int csrc_thread_on(void *stack, size_t size, void (*body)(void *), void *arg);

/*
 * Runs body(arg) on a new thread whose stack is larger than its attributes say, and joins the
 * thread. The attributes name the upper `told` bytes; `more` bytes below are usable too. Returns 0
 * or an errno value: ENOTSUP on Windows.
 */
int csrc_thread_told_less(size_t told, size_t more, void (*body)(void *), void *arg);

/*
 * Stores the lowest and the highest address of this thread's own stack in bounds[0] and bounds[1],
 * as the system reports them. Stores zeros if the system reports none.
 */
void csrc_stack_bound(uintptr_t bounds[2]);

/* Runs body(arg) at least `bytes` bytes further down the stack. */
void csrc_deeper(size_t bytes, void (*body)(void *), void *arg);

/*
 * Runs body(arg) 64 times, each time 4 KiB further down the stack. That is twice the 32 pages for
 * which the runtime caches a thread's stack bounds.
 */
void csrc_all_the_way_down(void (*body)(void *), void *arg);

/*
 * Registers a stack with the runtime under test, and retires it. Coroutine libraries call both.
 *
 * A callback whose stack pointer is on a registered stack (lo < sp <= hi) gets the bounds lo and
 * hi. On an unknown stack, the runtime estimates the bounds.
 *
 * Register a stack before anything runs on it. Retire it before its memory is used for anything
 * else. Switching to a registered stack and away from it needs no call. Any thread may call both
 * functions, even a thread that never calls back, but no signal handler may.
 *
 * runtime_register_stack returns 0, EINVAL if hi is not more than 4 KiB above lo, or EEXIST if the
 * stack overlaps a registered one (as it does if it is registered twice). runtime_retire_stack
 * returns 0, or ENOENT if no registered stack begins at lo. A callback that runs on a stack while
 * the stack is retired keeps its bounds until the callback returns.
 */
int runtime_register_stack(void *lo, void *hi);
int runtime_retire_stack(void *lo);

#endif
