/* Reads stack bounds on Linux, Android and NetBSD, with pthread_getattr_np(3). */
#define _GNU_SOURCE
#include "../testprog.h"

#include <pthread.h>

void csrc_stack_bound(uintptr_t bounds[2])
{
    pthread_attr_t attr;
    void *lo = NULL;
    size_t size = 0;

    bounds[0] = 0;
    bounds[1] = 0;
    /*
     * pthread_getattr_np fails on glibc's main thread if /proc is missing
     * (https://go.dev/issue/71896). In glibc before 2.32, a failed pthread_getattr_np leaves attr
     * uninitialized (https://go.dev/issue/65625). pthread_attr_init initializes attr first, so that
     * pthread_attr_destroy does not free garbage.
     */
    if (pthread_attr_init(&attr) != 0) {
        return;
    }
    if (pthread_getattr_np(pthread_self(), &attr) == 0 && pthread_attr_getstack(&attr, &lo, &size) == 0) {
        bounds[0] = (uintptr_t)lo;
        bounds[1] = (uintptr_t)lo + size;
    }
    pthread_attr_destroy(&attr);
}
