/*
 * Calls back into the runtime many times, alternately from the thread's own stack and from another
 * stack.
 */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

/* Size in bytes of the allocated stack, large enough for a callback in a debug build. */
#define STACK_SIZE ((size_t)64 << 10)

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

int csrc_own_stack_asked_once(unsigned times, csrc_callback *callback)
{
    char *stack = malloc(STACK_SIZE);
    int error = stack == NULL ? ENOMEM : 0;

    for (; error == 0 && times > 0; times--) {
        callback();
        error = csrc_switch(csrc_on_stack_any, stack, STACK_SIZE, call, &callback);
    }
    free(stack);
    return error;
}
