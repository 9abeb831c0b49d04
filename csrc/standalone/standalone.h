/*
 * Declarations shared by the files of the C-only child.
 *
 * `cargo testprog port` builds this child for targets that Rust does not support yet. The child
 * runs the C code of the scenarios; its callbacks check what C can check.
 */
#ifndef STANDALONE_H
#define STANDALONE_H

#include "../testprog.h"

struct standalone_case {
    const char *name;
    /* The line about this case that --list prints. */
    const char *line;
    /* The answer `SKIP` with a reason if the target lacks a capability, otherwise NULL. */
    const char *answer;
    /* Returns 0 if the case passes. Otherwise prints the reason to standard error. */
    int (*run)(void);
};

/*
 * The cases that were built, followed by a case whose name is NULL. `cargo testprog port` generates
 * this array.
 */
extern const struct standalone_case standalone_cases[];
/* Lines about the target that C cannot determine. `cargo testprog port` generates them. */
extern const char standalone_target[];

/* Prints the lines about the target that C can determine. */
void standalone_about(void);

/*
 * Callback. Counts its calls and how many of them run on the thread's own stack, and checks that
 * memory on the stack keeps its values.
 */
csrc_callback standalone_callback;

/* Records that the case fails, and prints the reason. */
void standalone_wrong(const char *what);

/*
 * Returns the result of a case: 0 if `error` is 0, standalone_callback ran `callbacks` times, `own`
 * times of these on a thread's own stack, and standalone_wrong was never called. Otherwise prints
 * the reason.
 */
int standalone_held(int error, unsigned long callbacks, unsigned long own);

/*
 * Calls `on_stack` with known values in callee-saved registers, and calls standalone_wrong if a
 * value changed. Returns the result of `on_stack`.
 */
int standalone_switch(csrc_on_stack *on_stack, void *stack, size_t size, void (*body)(void *), void *arg);

#endif
