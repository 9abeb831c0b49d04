/*
 * Mutant of the C library: realloc does not copy the contents if the new size is 128 KiB or more.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <stdlib.h>

void *realloc(void *block, size_t size)
{
    void *(*real)(void *, size_t);

    find_real("realloc", &real);
    if (block != NULL && size >= (size_t)128 << 10) {
        free(block);
        return calloc(1, size);
    }
    return real(block, size);
}
