/*
 * Mutant of the C library: a child of fork inherits the lock of malloc that another thread of the
 * parent held at the fork. The mutant's malloc returns NULL instead of waiting for the lock. A thread
 * yields its processor while it holds the lock, so that most forks meet the held lock.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);

static atomic_int in_malloc;
static pid_t first;

__attribute__((constructor)) static void begin(void)
{
    first = getpid();
}

void *malloc(size_t size)
{
    void *memory;

    if (getpid() != first) {
        return atomic_load(&in_malloc) != 0 ? NULL : __libc_malloc(size);
    }
    atomic_fetch_add(&in_malloc, 1);
    sched_yield();
    memory = __libc_malloc(size);
    atomic_fetch_sub(&in_malloc, 1);
    return memory;
}
