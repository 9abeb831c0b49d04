/* Calls back from a function of C whose name must be in the backtrace of the callback's panic. */
#include "../../testprog.h"

/*
 * This function does some work after the call, so the compiler makes no tail call and the frame
 * stays on the stack.
 */
int csrc_panic_callback(csrc_callback *callback)
{
    volatile int after = 0;

    callback();
    after++;
    return after - 1;
}
