/* Writes to address 0 on a thread that C code has created. */
#include "../../testprog.h"

#include <stdio.h>

/* `volatile` hides from the compiler that the pointer is null, so the compiler keeps the write. */
static int *volatile nowhere;

static void on_thread(void *arg)
{
    (void)arg;
    *(volatile int *)nowhere = 1;
}

int csrc_external_thread_signal(void)
{
    int error;

    fputs("about to write to address 0 on a thread of C\n", stderr);
    fflush(stderr);
    error = csrc_thread(on_thread, NULL);
    return error != 0 ? error : csrc_wrong("the write to address 0 did not kill the process");
}
