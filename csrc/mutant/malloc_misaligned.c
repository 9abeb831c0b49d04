/*
 * Mutant of the C library: malloc returns a large block 8 bytes after an aligned address, as if a
 * header of 8 bytes were before the block.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 100000, HEADER = 8 };

/* glibc also exports malloc, free and realloc under names with the prefix __libc_. */
void *__libc_malloc(size_t size);
void __libc_free(void *memory);
void *__libc_realloc(void *memory, size_t size);

/* glibc's blocks are aligned to 16 bytes, so a block of the mutant whose address has the remainder 8 is a large block. */
static void *start_of(void *memory)
{
    return (uintptr_t)memory % 16 == HEADER ? (char *)memory - HEADER : memory;
}

void *malloc(size_t size)
{
    char *memory = __libc_malloc(size < LARGE ? size : size + HEADER);

    return memory == NULL || size < LARGE ? memory : memory + HEADER;
}

void free(void *memory)
{
    __libc_free(start_of(memory));
}

void *realloc(void *memory, size_t size)
{
    void *start = start_of(memory);
    char *larger = __libc_realloc(start, size + HEADER);

    if (larger != NULL && start != memory) {
        memmove(larger, larger + HEADER, size);
    }
    return larger;
}
