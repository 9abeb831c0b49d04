/* Checks that _Unwind_Backtrace finds the calling C functions, up to main. */
#include "frames.h"

int main(void);

static volatile int one = 1;

__attribute__((noinline)) static int inner(void *function)
{
    struct frames frames = walk(function);

    MUST(frames.found);
    MUST(frames.count < MOST_FRAMES);
    return one;
}

__attribute__((noinline)) static int outer(void *function)
{
    return inner(function) + one;
}

int main(void)
{
    MUST(outer((void *)outer) == 2);
    MUST(outer((void *)main) == 2);
    HELD();
    return 0;
}
