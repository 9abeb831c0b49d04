/* Switches stacks inside a callback, and calls back into the runtime again from the new stack. */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

/*
 * Size of a stack in bytes, large enough for a callback in a debug build that itself switches to
 * another stack.
 */
#define STACK_SIZE ((size_t)128 << 10)

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

/* Makes the outermost callback on a new thread, from that thread's own stack. */
int csrc_nested_stack_switch(csrc_callback *callback)
{
    return csrc_thread(call, &callback);
}

/* Makes a nested callback from a newly allocated stack. */
int csrc_nested_stack_switch_again(csrc_callback *callback)
{
    char *stack = malloc(STACK_SIZE);
    int error = stack == NULL ? ENOMEM : csrc_switch(csrc_on_stack_any, stack, STACK_SIZE, call, &callback);

    free(stack);
    return error;
}
