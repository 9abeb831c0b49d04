/* Checks the alignment of the memory that malloc, calloc, realloc and aligned_alloc return. */
#include "../../testprog.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* A C library may take large blocks from another place than small blocks, such as from mmap. */
static const size_t sizes[] = {16, 24, 40, 100, 1000, 4096, 5000, 70000, 200000, 1 << 20};

/* Returns 0 if `memory` is aligned. */
static int check(const void *memory, size_t alignment, size_t size, const char *function)
{
    if (memory == NULL) {
        return ENOMEM;
    }
    if ((uintptr_t)memory % alignment != 0) {
        return csrc_wrong("%s(%lu) returned memory at %p, which is no multiple of %lu", function, (unsigned long)size,
                          memory, (unsigned long)alignment);
    }
    return 0;
}

int csrc_malloc_alignment(void)
{
    const size_t usual = _Alignof(max_align_t);
    size_t index;
    int error = 0;

    for (index = 0; error == 0 && index < sizeof(sizes) / sizeof(sizes[0]); index++) {
        size_t size = sizes[index];
        size_t alignment;
        void *memory = malloc(size);
        void *larger;

        error = check(memory, usual, size, "malloc");
        larger = realloc(memory, 3 * size);
        error = error != 0 ? error : check(larger, usual, 3 * size, "realloc");
        free(larger != NULL ? larger : memory);
        memory = calloc(size, 2);
        error = error != 0 ? error : check(memory, usual, 2 * size, "calloc");
        free(memory);
#ifndef _WIN32 /* The C library of Windows has no aligned_alloc. */
        for (alignment = usual; error == 0 && alignment <= 4096; alignment *= 2) {
            /* C11 requires a size that is a multiple of the alignment. */
            memory = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
            error = check(memory, alignment, size, "aligned_alloc");
            free(memory);
        }
#else
        (void)alignment;
#endif
    }
    return error;
}
