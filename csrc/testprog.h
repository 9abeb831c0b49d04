/* What the C halves share. C called by Rust is named csrc_*; Rust called by C comes in as a function pointer. */
#ifndef TESTPROG_H
#define TESTPROG_H

#include <stddef.h>
#include <stdint.h>

/* Calls back into the runtime. */
typedef void csrc_callback(void);

/* Runs body(arg) on the `size` bytes of memory at `stack` and comes back. Returns 0 or an errno value. */
typedef int csrc_on_stack(void *stack, size_t size, void (*body)(void *), void *arg);

csrc_on_stack csrc_on_stack_ucontext; /* getcontext, makecontext, swapcontext; ENOTSUP without them */
csrc_on_stack csrc_on_stack_altstack; /* sigaltstack, sigsetjmp; ENOTSUP without them */
csrc_on_stack csrc_on_stack_any;      /* the first of these that there is */

/* The same by the given switcher; EFAULT where it ran body on some other memory than `stack`. */
int csrc_switch(csrc_on_stack *on_stack, void *stack, size_t size, void (*body)(void *), void *arg);

/* Runs body(arg) on a new thread and waits for its end. Returns 0 or an errno value. */
int csrc_thread(void (*body)(void *), void *arg);

/*
 * The same, with free memory on both sides of the thread's stack: body gets the addresses of `size` bytes below and of
 * `size` bytes above it.
 */
int csrc_thread_between(size_t size, void (*body)(void *below, void *above, void *arg), void *arg);

/*
 * The same on a thread whose stack is the `size` bytes of memory at `stack`, which belong to the caller again when it has
 * ended. ENOTSUP where a thread's stack cannot be given to it.
 */
int csrc_thread_on(void *stack, size_t size, void (*body)(void *), void *arg);

/*
 * The same, where the system is told of the upper `told` bytes of the thread's stack only, and `more` bytes below them are
 * there all the same. ENOTSUP likewise.
 */
int csrc_thread_told_less(size_t told, size_t more, void (*body)(void *), void *arg);

/*
 * Puts the lowest and the highest address of this thread's own stack, as the system tells them, into bounds[0] and
 * bounds[1]; zeros where it does not tell.
 */
void csrc_stack_bound(uintptr_t bounds[2]);

/* Runs body(arg) with `bytes` more bytes of the stack in use. */
void csrc_deeper(size_t bytes, void (*body)(void *), void *arg);

/* Runs body(arg) 64 times, each 4 KiB further down: on more pages of the stack than a thread of the runtime remembers. */
void csrc_all_the_way_down(void (*body)(void *), void *arg);

/*
 * The runtime under test is told of stacks, by whoever makes them: coroutine libraries. A callback whose stack pointer is on
 * a registered stack, lo < sp <= hi, has exactly these bounds; on an unknown stack it has an estimate.
 *
 * Register a stack before anything runs on it, and retire it before its memory is used for anything else. To switch to it
 * and away from it needs no call. Both functions may be called on any thread, also on one that never called back, but not
 * in a signal handler.
 *
 * Registering returns 0, EINVAL if it is no stack of more than 4 KiB, or EEXIST if it has addresses in common with one that
 * is registered, for instance with itself. Retiring returns 0, or ENOENT if no registered stack begins at lo. A callback
 * that is running on a stack which is retired keeps its bounds until it returns.
 */
int runtime_register_stack(void *lo, void *hi);
int runtime_retire_stack(void *lo);

#endif
