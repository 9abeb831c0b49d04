/* Replaces linux.c on systems that cannot limit the processor time of a real-time thread. */
#include "../testprog.h"

#include <errno.h>

void csrc_realtime_is_held(void)
{
}

int csrc_realtime_first_callback(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
