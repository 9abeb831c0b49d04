/*
 * Declarations shared by the files of the C-only child.
 *
 * `cargo testprog port` builds the C-only child for targets that Rust does not support yet. The
 * C-only child runs the C code of the scenarios, and its callbacks check only what C code can
 * check.
 */
#ifndef STANDALONE_H
#define STANDALONE_H

#include "../testprog.h"

struct standalone_case {
    const char *name;
    /* Line that the option --list prints for this case. */
    const char *line;
    /*
     * Line `SKIP` with a reason, which the child prints instead of running the case if the target
     * lacks a capability. `answer` is NULL if the target has every needed capability.
     */
    const char *answer;
    /*
     * Runs the case and returns 0 if the case passes. If the case fails, the function prints the
     * reason to standard error.
     */
    int (*run)(void);
};

/*
 * The cases that this child contains, in an array that `cargo testprog port` generates. A case
 * whose name is NULL marks the end of the array.
 */
extern const struct standalone_case standalone_cases[];
/*
 * Text that `cargo testprog port` generates, with one line for each fact about the target that C
 * code cannot determine.
 */
extern const char standalone_target[];

/*
 * Argument of a child that gets none, because the runner command passes no arguments, or NULL.
 */
extern const char *const standalone_argument;

/* Prints the facts about the target that C code can determine, with one line for each fact. */
void standalone_about(void);

/*
 * Callback that the scenarios of the C-only child use. The callback counts all callbacks and the
 * callbacks on a thread's own stack, and checks that memory on the stack keeps its values.
 */
csrc_callback standalone_callback;

/* Records that the case fails, and prints the reason `what` with the file and the line of the call. */
#define standalone_wrong(what) standalone_wrong_at(CSRC_PLACE, what)
void standalone_wrong_at(const char *place, const char *what);

/*
 * Returns 0 if `error` is 0, standalone_callback ran `callbacks` times, of which `own` times on a
 * thread's own stack, and standalone_wrong was never called. In all other cases, the function
 * returns 1, and the reason has been printed to standard error.
 */
int standalone_held(int error, unsigned long callbacks, unsigned long own);

/*
 * Calls run(), the function of a case, once with each switcher of the target. Returns 0 if all
 * calls return 0, and otherwise the result of the first other call. If a call fails or crashes, the
 * last line on standard error that begins with "switcher: " names the switcher.
 */
int standalone_with_each_switcher(int (*run)(void));

/*
 * Returns 0 if `error`, the return value of a scenario's C code, is 0, and standalone_wrong was
 * never called. If one of these conditions does not hold, the function prints the reason to
 * standard error and returns 1.
 */
int standalone_done(int error);

/*
 * Calls `on_stack` with known values in callee-saved registers, and calls standalone_wrong if one
 * of these values has changed. Returns the result of calling `on_stack`.
 */
int standalone_switch(csrc_on_stack *on_stack, void *stack, size_t size, void (*body)(void *), void *arg);

#endif
