/* C that is called by a callback, switches the stack, and calls back from there. */
#include "testprog.h"

#include <errno.h>
#include <stdlib.h>

/* Room for a callback and for another such call from it, in a debug build. */
#define STACK_SIZE ((size_t)128 << 10)

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

/* The first callback, from a new thread's own stack. */
int csrc_nested_stack_switch(csrc_callback *callback)
{
    return csrc_thread(call, &callback);
}

/* The further ones, each from a stack of its own. */
int csrc_nested_stack_switch_again(csrc_callback *callback)
{
    char *stack = malloc(STACK_SIZE);
    int error = stack == NULL ? ENOMEM : csrc_switch(csrc_on_stack_any, stack, STACK_SIZE, call, &callback);

    free(stack);
    return error;
}
