/*
 * Calls back into the runtime on the main thread: from the thread's own stack, from two other
 * stacks, and from the thread's own stack again.
 */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

/* Size of a stack in bytes, large enough for a callback in a debug build. */
#define STACK_SIZE ((size_t)64 << 10)

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

int csrc_main_thread_stack_switch(csrc_callback *callback)
{
    char *first = malloc(STACK_SIZE);
    char *second = malloc(STACK_SIZE);
    int error = first == NULL || second == NULL ? ENOMEM : 0;

    if (error == 0) {
        callback();
        error = csrc_switch(csrc_on_stack_any, first, STACK_SIZE, call, &callback);
    }
    if (error == 0) {
        error = csrc_switch(csrc_on_stack_any, second, STACK_SIZE, call, &callback);
    }
    if (error == 0) {
        callback();
    }
    free(first);
    free(second);
    return error;
}
