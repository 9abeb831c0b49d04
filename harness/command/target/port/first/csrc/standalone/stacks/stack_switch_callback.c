/* Runs the scenario stack_switch_callback in the child program that contains no Rust code. */
#include "../standalone.h"

int csrc_stack_switch_callback(csrc_on_stack *on_stack, csrc_callback *callback);

static int on_stack(void *stack, size_t size, void (*body)(void *), void *arg)
{
    return standalone_switch(csrc_on_stack_ucontext, stack, size, body, arg);
}

int standalone_stack_switch_callback(void)
{
    return standalone_held(csrc_stack_switch_callback(on_stack, standalone_callback), 9, 4);
}
