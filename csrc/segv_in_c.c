/* A write to address 0, from C. */
#include <stdio.h>

/* volatile, so that the compiler neither sees the null pointer nor leaves the write out */
static int *volatile nowhere;

int csrc_segv_in_c(void)
{
    fputs("about to write to address 0\n", stderr);
    fflush(stderr); /* ISO C: unbuffered or line buffered, but Wine's msvcrt.dll keeps it until exit */
    *(volatile int *)nowhere = 1;
    return 0;
}
