/* abort(3), called from C. */
#include <stdio.h>
#include <stdlib.h>

int csrc_abort_in_c(void)
{
    fputs("about to abort\n", stderr);
    fflush(stderr); /* ISO C: unbuffered or line buffered, but Wine's msvcrt.dll keeps it until exit */
    abort();
}
