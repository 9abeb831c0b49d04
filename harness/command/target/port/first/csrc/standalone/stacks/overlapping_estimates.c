/* Runs the scenario overlapping_estimates in the child program that contains no Rust code. */
#include "../standalone.h"

int csrc_overlapping_estimates(csrc_callback *callback);

int standalone_overlapping_estimates(void)
{
    return standalone_held(csrc_overlapping_estimates(standalone_callback), 1 + 2 * 2, 1);
}
