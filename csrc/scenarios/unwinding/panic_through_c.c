/* Calls a function that panics: directly, and through functions of the C library. */
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>

#if HAVE_SIGNALS
#include <pthread.h>
#endif

static csrc_callback *panics;

/* The frame of this function contains a value that the compiler must keep over the call. */
void csrc_panic_directly(csrc_callback *callback)
{
    volatile char kept[64] = {1};

    callback();
    kept[0]++;
}

static int compare(const void *left, const void *right)
{
    (void)left;
    (void)right;
    panics();
    return 0;
}

void csrc_panic_through_qsort(csrc_callback *callback)
{
    int values[] = {3, 1, 2};

    panics = callback;
    qsort(values, sizeof(values) / sizeof(values[0]), sizeof(values[0]), compare);
}

void csrc_panic_through_bsearch(csrc_callback *callback)
{
    static const int values[] = {1, 2, 3};
    const int key = 2;

    panics = callback;
    (void)!bsearch(&key, values, sizeof(values) / sizeof(values[0]), sizeof(values[0]), compare);
}
