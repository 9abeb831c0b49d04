/*
 * Program from which `cargo testprog port` learns how a runner command passes on the output, the
 * arguments and the exit status of a program.
 *
 * RUNNER_CRASHES is 1 in a second executable, which crashes instead of exiting.
 */
#include <stdio.h>
#include <stdlib.h>

/*
 * `volatile` hides from the compiler that the pointer is null, so the compiler cannot remove the
 * write.
 */
static int *volatile nowhere;

int main(int argc, char **argv)
{
    (void)argv;
    puts("on standard output");
    fflush(stdout);
    fputs("on standard error\n", stderr);
    fflush(stderr);
    if (argc > 1) {
        puts("with an argument");
        fflush(stdout);
    }
#if RUNNER_CRASHES
    puts("about to crash");
    fflush(stdout);
    *(volatile int *)nowhere = 1;
#endif
    puts("at the end");
    fflush(stdout);
    return 42;
}
