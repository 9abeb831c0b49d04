/*
 * Runs the scenario assembly_switch_callback in the C-only child. The scenario runs the C code of
 * stack_switch_callback, but switches stacks by assembly code.
 */
#include "../standalone.h"

int csrc_stack_switch_callback(csrc_on_stack *on_stack, csrc_callback *callback);

static int on_stack(void *stack, size_t size, void (*body)(void *), void *arg)
{
    return standalone_switch(csrc_on_stack_assembly, stack, size, body, arg);
}

int standalone_assembly_switch_callback(void)
{
    return standalone_held(csrc_stack_switch_callback(on_stack, standalone_callback), 9, 4);
}
