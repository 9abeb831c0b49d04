/*
 * Declarations shared by the C code of the scenarios.
 *
 * The names of C functions that Rust code calls begin with csrc_. Rust functions that C calls are
 * passed as function pointers, except for runtime_register_stack and runtime_retire_stack.
 */
#ifndef TESTPROG_H
#define TESTPROG_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#ifndef ENOTSUP
#define ENOTSUP EOPNOTSUPP /* klibc 2.0 has only this name. Linux has one number for both names. */
#endif

/*
 * Address of the stack frame of the function that uses this macro. AddressSanitizer may move local
 * variables off the stack, so the address of a variable is not always on the stack.
 */
#ifdef _MSC_VER
#include <intrin.h>
#define CSRC_FRAME ((uintptr_t)_AddressOfReturnAddress())
typedef long double max_align_t; /* MSVC declares this type only for C++. */
#else
#define CSRC_FRAME ((uintptr_t)__builtin_frame_address(0))
#endif

/* Type of a callback, a Rust function that C code calls to enter the runtime. */
typedef void csrc_callback(void);

/*
 * Type of a switcher, a function that runs body(arg) with the `size` bytes at `stack` as its stack.
 * A switcher returns 0 or an errno value.
 */
typedef int csrc_on_stack(void *stack, size_t size, void (*body)(void *), void *arg);

/* Switches stacks by swapcontext. Returns ENOTSUP on targets without swapcontext. */
csrc_on_stack csrc_on_stack_ucontext;
/*
 * Switches stacks by assembly code. Returns ENOTSUP on processors for which the file
 * `on_stack/assembly.c` has no code.
 */
csrc_on_stack csrc_on_stack_assembly;
/* Switches stacks by sigaltstack. Returns ENOTSUP on targets without sigaltstack. */
csrc_on_stack csrc_on_stack_altstack;
/*
 * Whether the tool that runs the program, such as valgrind, understands csrc_on_stack_altstack. If
 * not, csrc_switchers does not contain csrc_on_stack_altstack.
 */
extern const int csrc_altstack_works;
/*
 * Switches to a fiber of Windows, whose stack of at least `size` bytes Windows allocates. The
 * memory at `stack` stays unused. Returns ENOTSUP on other systems.
 */
csrc_on_stack csrc_on_stack_fiber;
/* Switches stacks by the crate corosensei. Only the Rust child has this switcher. */
csrc_on_stack csrc_on_stack_coroutine;
/*
 * Switches stacks by the switcher that csrc_use_switcher has chosen. If csrc_use_switcher was never
 * called, switches stacks by the first of csrc_switchers.
 */
csrc_on_stack csrc_on_stack_any;
/* Chooses the switcher of csrc_on_stack_any. No other thread may switch stacks during this call. */
void csrc_use_switcher(csrc_on_stack *on_stack);

struct csrc_switcher {
    const char *name;
    csrc_on_stack *on_stack;
};

/*
 * The target's switchers that run `body` on the caller's memory. A switcher whose name is NULL
 * marks the end of the array.
 */
extern const struct csrc_switcher csrc_switchers[];

/*
 * Calls the switcher `on_stack` and returns its result. Returns EFAULT if the switcher would run
 * `body` on memory other than `stack`, and the switcher is not csrc_on_stack_fiber.
 */
int csrc_switch(csrc_on_stack *on_stack, void *stack, size_t size, void (*body)(void *), void *arg);

/* Runs body(arg) on a new thread and joins the thread. Returns 0 or an errno value. */
int csrc_thread(void (*body)(void *), void *arg);

/*
 * Runs body(below, above, arg) on a new thread and joins the thread. `below` points to `size` bytes
 * of free memory below the thread's stack, and `above` to `size` bytes above the thread's stack.
 * Returns 0 or an errno value.
 */
int csrc_thread_between(size_t size, void (*body)(void *below, void *above, void *arg), void *arg);

/*
 * Runs body(arg) on a new thread whose stack is the `size` bytes at `stack`, and joins the thread.
 * The caller may reuse the stack's memory once the function has returned. Returns 0 or an errno
 * value. Returns ENOTSUP on Windows, which has no pthread_attr_setstack.
 */
int csrc_thread_on(void *stack, size_t size, void (*body)(void *), void *arg);

/*
 * Runs body(arg) on a new thread whose stack is larger than the thread's attributes say, and joins
 * the thread. The thread's attributes contain only the `told` bytes with which the stack begins, but
 * the `more` bytes beyond are usable too: below, or above if the stack grows up. Returns 0 or an errno value. Returns ENOTSUP on Windows.
 */
int csrc_thread_told_less(size_t told, size_t more, void (*body)(void *), void *arg);

/*
 * Stores the lowest and the highest address of the calling thread's own stack in bounds[0] and
 * bounds[1], as the system reports these addresses. Stores zeros if the system reports no stack
 * bounds.
 */
void csrc_stack_bound(uintptr_t bounds[2]);

/* Returns whether the stack grows towards higher addresses, as on PA-RISC. */
int csrc_stack_grows_up(void);

/* Runs body(arg) at least `bytes` bytes further down the calling thread's current stack. */
void csrc_deeper(size_t bytes, void (*body)(void *), void *arg);

/*
 * Runs body(arg) 64 times, each time 4 KiB further down the stack. The 64 pages are twice as many
 * as the 32 slots of the runtime's cache of a thread's stack bounds.
 */
void csrc_all_the_way_down(void (*body)(void *), void *arg);

/*
 * Fills the callee-saved registers with known values, calls body(arg), and checks the registers.
 * Returns 0, or CSRC_WRONG if a register has changed; `during` then names the call, such as "a
 * callback". On a processor for which the capability `assembly` is missing, only calls body(arg).
 */
int csrc_keeps_registers(const char *during, void (*body)(void *), void *arg);

/*
 * Sets the processor's rounding mode, to positive infinity if `is_up` is not 0, and to the nearest
 * number otherwise. The rounding mode belongs to the calling thread.
 */
void csrc_round_up(int is_up);
/*
 * Returns whether the processor rounds to positive infinity. Returns 1 on a processor whose
 * rounding mode csrc/on_stack/registers.c cannot change.
 */
int csrc_rounds_up(void);

/*
 * Value that a scenario's C code returns in place of an errno value if the code has found a fault
 * and has called csrc_wrong.
 */
#define CSRC_WRONG (-1)

/* File and line of the place that uses this macro, as one text. */
#define CSRC_TEXT_OF(number) #number
#define CSRC_TEXT(number) CSRC_TEXT_OF(number)
#define CSRC_PLACE __FILE__ ":" CSRC_TEXT(__LINE__)

/*
 * Records why a scenario's C code fails, in the format of printf, and returns CSRC_WRONG. The reason
 * ends with the file and the line of the call. If the macro is used several times, the first reason
 * is kept. Only one thread at a time may use the macro, and a signal handler must not use it.
 */
#define csrc_wrong(...) csrc_wrong_at(CSRC_PLACE, __VA_ARGS__)
int csrc_wrong_at(const char *place, const char *format, ...);

/* Returns the part of the path `place` that begins at csrc/, or the whole path. */
const char *csrc_in_tree(const char *place);

/* Returns the reason that csrc_wrong has recorded, or an empty string. */
const char *csrc_reason(void);

/*
 * A coroutine library calls runtime_register_stack to register a stack with the runtime under test,
 * and runtime_retire_stack to retire (unregister) the stack.
 *
 * A callback whose stack pointer is on a registered stack (lo < sp <= hi) gets the bounds lo and
 * hi. For a callback on an unknown stack, the runtime estimates the stack bounds.
 *
 * A stack must be registered before any code runs on the stack. A stack must be retired before its
 * memory is used for anything else. A library that switches to or from a registered stack does not
 * need to call the runtime. Any thread may call runtime_register_stack and runtime_retire_stack,
 * even a thread that never calls back, but a signal handler must not.
 *
 * runtime_register_stack returns 0, EINVAL if hi is not more than 4 KiB above lo, or EEXIST if the
 * stack overlaps or equals a registered stack. The function runtime_retire_stack returns 0, or
 * ENOENT if no registered stack starts at lo. If a stack is retired while a callback runs on the
 * stack, that callback keeps the stack's bounds until the callback returns.
 */
int runtime_register_stack(void *lo, void *hi);
int runtime_retire_stack(void *lo);

#endif
