/*
 * Checks that _Unwind_Backtrace in a signal handler passes through the signal's frame to the
 * interrupted function. A traceback after a crash starts in a signal handler, so it must pass
 * through the signal's frame.
 */
#include "frames.h"

#include <signal.h>
#include <unistd.h>

/* Writes to an inaccessible address. */
__attribute__((noinline)) static void trap(volatile int *nowhere)
{
    *nowhere = 1;
    __asm__ volatile("" : : : "memory");
}

static void handler(int number)
{
    struct frames frames;

    (void)number;
    frames = walk((void *)trap);
    MUST(frames.found);
    HELD();
    _exit(0);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};

    MUST(sigaction(SIGSEGV, &action, NULL) == 0);
    MUST(sigaction(SIGBUS, &action, NULL) == 0);
    AWAIT("a write to an inaccessible address raises a signal");
    trap((volatile int *)16);
    return 1;
}
