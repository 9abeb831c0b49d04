/* Calls abort(3). */
#include <stdio.h>
#include <stdlib.h>

int csrc_abort_in_c(void)
{
    fputs("about to abort\n", stderr);
    /* Wine's msvcrt.dll buffers stderr until exit, although ISO C forbids full buffering. */
    fflush(stderr);
    abort();
}
