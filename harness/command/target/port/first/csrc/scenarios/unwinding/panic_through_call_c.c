/* Calls back once from another stack than the calling thread's own. */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

/* Size of the other stack in bytes, large enough for a callback in a debug build. */
#define STACK_SIZE ((size_t)64 << 10)

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

int csrc_panic_through_call_c(csrc_callback *callback)
{
    char *stack = malloc(STACK_SIZE);
    int error = stack == NULL ? ENOMEM : csrc_switch(csrc_on_stack_any, stack, STACK_SIZE, call, &callback);

    free(stack);
    return error;
}
