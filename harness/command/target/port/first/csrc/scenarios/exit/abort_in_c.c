/* Kills the process with abort(3), called from C. */
#include <stdio.h>
#include <stdlib.h>

int csrc_abort_in_c(void)
{
    fputs("about to abort\n", stderr);
    /*
     * Wine's msvcrt.dll buffers stderr until exit, contrary to ISO C, so the text is flushed before
     * the crash.
     */
    fflush(stderr);
    abort();
}
