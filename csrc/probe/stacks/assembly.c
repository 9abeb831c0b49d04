/*
 * Checks that the assembly code for switching stacks runs a function on another stack. The probe
 * fails to link if csrc/on_stack/assembly.c has no code for the processor.
 */
#include "../probe.h"

#define HAVE_ASSEMBLY 1
#include "../../on_stack/assembly.c"

static char stack[64 << 10];
static void (*volatile code)(void *, void (*)(void *), void *, void *) = call_on;
static int was_there;

static void body(void *arg)
{
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

    was_there = arg == &was_there && (uintptr_t)stack < sp && sp <= (uintptr_t)stack + sizeof(stack);
}

int main(void)
{
    MUST(code != NULL);
    MUST(csrc_on_stack_assembly(stack, sizeof(stack), body, &was_there) == 0);
    MUST(was_there);
    HELD();
    return 0;
}
