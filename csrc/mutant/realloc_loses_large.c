/*
 * Mutant of the C library: realloc does not copy the contents if the new size is 128 KiB or more.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

void *realloc(void *block, size_t size)
{
    void *(*real)(void *, size_t);
    void *symbol = dlsym(RTLD_NEXT, "realloc");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    if (block != NULL && size >= (size_t)128 << 10) {
        free(block);
        return calloc(1, size);
    }
    return real(block, size);
}
