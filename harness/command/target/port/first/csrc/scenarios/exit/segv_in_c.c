/* Writes to address 0 in C, which must crash the process. */
#include <stdio.h>

/*
 * `volatile` hides from the compiler that the pointer is null, so the compiler cannot remove the
 * write.
 */
static int *volatile nowhere;

int csrc_segv_in_c(void)
{
    fputs("about to write to address 0\n", stderr);
    /*
     * Wine's msvcrt.dll buffers stderr until exit, contrary to ISO C, so the text is flushed before
     * the crash.
     */
    fflush(stderr);
    *(volatile int *)nowhere = 1;
    return 0;
}
