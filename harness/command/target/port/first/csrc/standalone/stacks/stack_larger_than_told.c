/* Runs the scenario stack_larger_than_told in the child program that contains no Rust code. */
#include "../standalone.h"

int csrc_stack_larger_than_told(csrc_callback *callback);

int standalone_stack_larger_than_told(void)
{
    /* Two of the three callbacks are within the stack bounds that the system reports. */
    return standalone_held(csrc_stack_larger_than_told(standalone_callback), 3, 2);
}
