/* Calls back from a function of C whose name must be in the callback's backtrace. */
#include "../../testprog.h"

/* The frame of this function stays on the stack, because the function works after the call. */
int csrc_traceback(csrc_callback *callback)
{
    volatile int after = 0;

    callback();
    after++;
    return after - 1;
}
