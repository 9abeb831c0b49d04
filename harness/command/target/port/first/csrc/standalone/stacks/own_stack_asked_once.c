/* Runs the scenario own_stack_asked_once in the child program that contains no Rust code. */
#include "../standalone.h"

#define TIMES 100

int csrc_own_stack_asked_once(unsigned times, csrc_callback *callback);

int standalone_own_stack_asked_once(void)
{
    return standalone_held(csrc_own_stack_asked_once(TIMES, standalone_callback), 2 * TIMES, TIMES);
}
