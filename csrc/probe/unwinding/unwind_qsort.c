/*
 * Checks that _Unwind_Backtrace passes through a function of the C library. A panic in a callback
 * of qsort needs the unwind tables of qsort, and aborts the process without them.
 */
#include "frames.h"

int main(void);

static volatile int compared;

static int compare(const void *left, const void *right)
{
    struct frames frames = walk((void *)main);

    (void)left;
    (void)right;
    MUST(frames.found);
    compared = 1;
    return 0;
}

int main(void)
{
    int numbers[2] = {2, 1};

    qsort(numbers, 2, sizeof(numbers[0]), compare);
    MUST(compared);
    HELD();
    return 0;
}
