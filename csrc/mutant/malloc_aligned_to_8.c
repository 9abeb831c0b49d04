/*
 * Mutant of the C library: malloc, calloc and realloc return memory that is aligned to 8 bytes, but
 * not to 16 bytes. No function frees memory.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static char memory[256 << 20] __attribute__((aligned(4096)));
static atomic_size_t used;

/* Returns memory whose address is `offset` bytes above a multiple of `alignment`. */
static void *allocate(size_t size, size_t alignment, size_t offset)
{
    size_t room = sizeof(size_t) + 2 * alignment + offset + size;
    size_t at = atomic_fetch_add(&used, (room + 15) / 16 * 16);
    uintptr_t address;

    if (room > sizeof(memory) || at > sizeof(memory) - room) {
        return NULL;
    }
    address = (uintptr_t)memory + at + sizeof(size_t);
    address = (address + alignment - 1) / alignment * alignment + offset;
    memcpy((void *)(address - sizeof(size_t)), &size, sizeof(size_t));
    return (void *)address;
}

void *malloc(size_t size)
{
    return allocate(size, 16, 8);
}

void free(void *block)
{
    (void)block;
}

void *calloc(size_t count, size_t size)
{
    return allocate(count * size, 16, 8); /* Unused memory of `memory` is zero. */
}

void *realloc(void *block, size_t size)
{
    void *larger = malloc(size);
    size_t before;

    if (block != NULL && larger != NULL) {
        memcpy(&before, (char *)block - sizeof(size_t), sizeof(size_t));
        memcpy(larger, block, before < size ? before : size);
    }
    return larger;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return allocate(size, alignment < 16 ? 16 : alignment, 0);
}

void *memalign(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = aligned_alloc(alignment, size);
    return *block == NULL ? ENOMEM : 0;
}
