/* Finds out in which direction the stack grows, for the probes that touch the end of a stack. */
#include "probe.h"

#include <stdint.h>

static inline int is_above(uintptr_t frame_of_caller)
{
    return (uintptr_t)__builtin_frame_address(0) > frame_of_caller;
}

/* Returns whether the stack grows towards higher addresses, as on PA-RISC. */
static inline int stack_grows_up(void)
{
    /* The compiler cannot inline a call of a volatile pointer, so the call has a frame of its own. */
    int (*volatile call)(uintptr_t) = is_above;
    volatile int grows_up = call((uintptr_t)__builtin_frame_address(0));

    return grows_up;
}
