/*
 * Runs the scenario altstack_switch_callback in the C-only child. The scenario runs the C code of
 * stack_switch_callback, but switches stacks by sigaltstack.
 */
#include "../standalone.h"

int csrc_stack_switch_callback(csrc_on_stack *on_stack, csrc_callback *callback);

static int on_stack(void *stack, size_t size, void (*body)(void *), void *arg)
{
    return standalone_switch(csrc_on_stack_altstack, stack, size, body, arg);
}

int standalone_altstack_switch_callback(void)
{
    return standalone_held(csrc_stack_switch_callback(on_stack, standalone_callback), 9, 4);
}
