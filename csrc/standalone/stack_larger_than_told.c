/* Stands in for the Rust half. */
#include "standalone.h"

int csrc_stack_larger_than_told(csrc_callback *callback);

int standalone_stack_larger_than_told(void)
{
    /* The callback from further down is where the system knows of no stack. */
    return standalone_held(csrc_stack_larger_than_told(standalone_callback), 3, 2);
}
