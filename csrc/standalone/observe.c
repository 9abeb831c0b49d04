/*
 * Records what callbacks of the C-only child observe, as testprog/observe.rs does for the Rust
 * child.
 */
#include "standalone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static unsigned long callbacks;
static unsigned long on_own_stack;
static unsigned long misaligned;
static unsigned long wrong;
/* Whether csrc_stack_bound, which queries the system, has reported a thread's stack bounds. */
static int is_told;

void standalone_wrong_at(const char *place, const char *what)
{
    const unsigned long most = 5; /* At most five messages are printed, since later messages are usually repetitions. */

    wrong++;
    if (wrong <= most) {
        fprintf(stderr, "%s (%s)\n", what, csrc_in_tree(place));
    }
}

/*
 * Fills an array on the stack, calls itself `depth` times, and checks that the array is unchanged.
 */
static void use_stack(unsigned depth)
{
    volatile unsigned char room[256];
    unsigned index;

    for (index = 0; index < sizeof(room); index++) {
        room[index] = (unsigned char)(index ^ depth);
    }
    if (depth > 0) {
        use_stack(depth - 1);
    }
    for (index = 0; index < sizeof(room); index++) {
        if (room[index] != (unsigned char)(index ^ depth)) {
            standalone_wrong("an array on the stack changed while a callback was using it");
            return;
        }
    }
}

void standalone_callback(void)
{
    uintptr_t bounds[2];
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
    /*
     * The compiler aligns this variable correctly only if the stack has the alignment that the ABI
     * requires.
     */
    volatile long double aligned = 0;
    /*
     * Without volatile, the compiler may assume that `address` is aligned and replace the remainder
     * by 0.
     */
    volatile uintptr_t address = (uintptr_t)&aligned;

    callbacks++;
    /*
     * This line only counts a misaligned stack, because fprintf may crash on a misaligned stack.
     * The child prints the count later.
     */
    misaligned += address % _Alignof(long double) != 0;
    csrc_stack_bound(bounds);
#ifndef _WIN32 /* Windows reports the bounds of the stack in use. */
    is_told |= bounds[1] != 0;
#endif
    on_own_stack += bounds[0] < sp && sp <= bounds[1];
    use_stack(3);
}

int standalone_with_each_switcher(int (*run)(void))
{
    const struct csrc_switcher *each;

    for (each = csrc_switchers; each->name != NULL; each++) {
        int failed;

        fprintf(stderr, "switcher: %s\n", each->name);
        csrc_use_switcher(each->on_stack);
        callbacks = 0;
        on_own_stack = 0;
        failed = run();
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

int standalone_done(int error)
{
    if (error == CSRC_WRONG) {
        fprintf(stderr, "%s\n", csrc_reason());
        return 1;
    }
    if (error != 0) {
        fprintf(stderr, "failed to run the C code of the scenario: %s (errno %d)\n", strerror(error), error);
        return 1;
    }
    if (misaligned != 0) {
        fprintf(stderr, "%lu callbacks got a stack pointer without the alignment that the ABI requires\n", misaligned);
        return 1;
    }
    return wrong != 0;
}

int standalone_held(int error, unsigned long expected, unsigned long own)
{
    if (standalone_done(error) != 0) {
        return 1;
    }
    if (callbacks != expected) {
        fprintf(stderr, "%lu callbacks instead of %lu\n", callbacks, expected);
        return 1;
    }
    if (is_told && on_own_stack != own) {
        fprintf(stderr,
                "%lu callbacks instead of %lu were on a thread's own stack, by the bounds that the system reports\n",
                on_own_stack, own);
        return 1;
    }
    return 0;
}

/*
 * The compiler cannot recompute the value of a volatile variable, so a value that was read before a
 * call must survive the call in a callee-saved register or on the stack.
 */
static volatile unsigned long next = 1;
static volatile double next_real = 0.5;

int standalone_switch(csrc_on_stack *on_stack, void *stack, size_t size, void (*body)(void *), void *arg)
{
    unsigned long a = next, b = next + 1, c = next + 2, d = next + 3, e = next + 4, f = next + 5;
    double g = next_real, h = next_real + 1, i = next_real + 2, j = next_real + 3;
    int error = on_stack(stack, size, body, arg);

    if (error == 0 &&
        (a != next || b != next + 1 || c != next + 2 || d != next + 3 || e != next + 4 || f != next + 5)) {
        standalone_wrong("a stack switch changed a callee-saved register");
    }
    if (error == 0 && (g != next_real || h != next_real + 1 || i != next_real + 2 || j != next_real + 3)) {
        standalone_wrong("a stack switch changed a callee-saved floating-point register");
    }
    return error;
}
