/* Runs the scenario deeper_on_same_stack in the child program that contains no Rust code. */
#include "../standalone.h"

int csrc_deeper_on_same_stack(csrc_callback *callback);

int standalone_deeper_on_same_stack(void)
{
    /*
     * The C code makes one callback on the thread's own stack, and two callbacks for each depth
     * from 0 to 40 KiB in steps of 8 bytes.
     */
    return standalone_held(csrc_deeper_on_same_stack(standalone_callback), 1 + 2 * ((40 << 10) / 8 + 1), 1);
}
