/*
 * Mutant of the C library: write and malloc use the same lock, so a signal handler that calls write
 * while its thread is in malloc waits for its own thread. The mutant's write reports EDEADLK
 * instead of waiting for the lock.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);

static __thread volatile int is_in_malloc;

void *malloc(size_t size)
{
    void *memory;

    is_in_malloc++;
    memory = __libc_malloc(size);
    is_in_malloc--;
    return memory;
}

ssize_t write(int file, const void *bytes, size_t count)
{
    ssize_t (*real)(int, const void *, size_t);

    find_real("write", &real);
    if (is_in_malloc) {
        errno = EDEADLK;
        return -1;
    }
    return real(file, bytes, count);
}
