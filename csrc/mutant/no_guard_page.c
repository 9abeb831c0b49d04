/*
 * Mutant of the C library: a thread's stack has writable memory below it instead of a guard page.
 * The C library relibc maps no guard pages.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

enum { BELOW = 1 << 20, SIZE = 2 << 20 };

int pthread_create(pthread_t *thread, const pthread_attr_t *given, void *(*function)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    pthread_attr_t attr;
    char *memory;
    int error;

    find_real("pthread_create", &real);
    if (given != NULL) {
        return real(thread, given, function, arg);
    }
    memory = mmap(NULL, BELOW + SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || pthread_attr_init(&attr) != 0) {
        return EAGAIN;
    }
    error = pthread_attr_setstack(&attr, memory + BELOW, SIZE);
    return error != 0 ? error : real(thread, &attr, function, arg);
}
