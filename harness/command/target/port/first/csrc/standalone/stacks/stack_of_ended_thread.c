/* Runs the scenario stack_of_ended_thread in the child program that contains no Rust code. */
#include "../standalone.h"

int csrc_stack_of_ended_thread(csrc_callback *own, csrc_callback *elsewhere);

int standalone_stack_of_ended_thread(void)
{
    /* The callback on the ended thread's stack is outside the bounds that the system reports. */
    return standalone_held(csrc_stack_of_ended_thread(standalone_callback, standalone_callback), 64 + 2, 64 + 1);
}
