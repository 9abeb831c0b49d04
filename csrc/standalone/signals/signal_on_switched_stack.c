/* Runs the scenario signal_on_switched_stack in the child program that contains no Rust code. */
#include "../standalone.h"

int csrc_signal_on_switched_stack(csrc_callback *callback, csrc_callback *in_handler);

int standalone_signal_on_switched_stack(void)
{
    return standalone_done(csrc_signal_on_switched_stack(standalone_callback, standalone_callback));
}
