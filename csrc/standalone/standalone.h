/* What stands in for the Rust half where there is no Rust: a callback that checks what can be checked in C. */
#ifndef STANDALONE_H
#define STANDALONE_H

#include "../testprog.h"

struct standalone_case {
    const char *name;
    const char *line;   /* in the listing */
    const char *answer; /* where the target lacks what it needs, else NULL */
    int (*run)(void);   /* returns 0 if it held; otherwise the reason is on standard error */
};

/* The cases whose halves could be built, then one without a name. `cargo testprog port` writes this array, */
extern const struct standalone_case standalone_cases[];
/* and the lines about the target that C itself cannot tell. */
extern const char standalone_target[];

/* Prints the lines about the target that C can tell. */
void standalone_about(void);

/* Counts itself, uses some stack, and looks whether it is on the thread's own stack as the system tells it. */
csrc_callback standalone_callback;

/* Prints what must not be. */
void standalone_wrong(const char *what);

/*
 * Returns 0 if a half returned 0, there were as many callbacks as there had to be, `own` of them on a thread's own stack,
 * and nothing was wrong in any.
 */
int standalone_held(int error, unsigned long callbacks, unsigned long own);

/* Switches stacks with values in the registers that a function has to keep. Returns EFAULT where it did not. */
int standalone_switch(csrc_on_stack *on_stack, void *stack, size_t size, void (*body)(void *), void *arg);

#endif
