/* Calls back from a function of C whose name must be in the backtrace of the callback's panic. */
#include "../../testprog.h"

/* The frame of this function stays on the stack, because the function works after the call. */
int csrc_panic_callback(csrc_callback *callback)
{
    volatile int after = 0;

    callback();
    after++;
    return after - 1;
}
