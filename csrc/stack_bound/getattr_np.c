/* Linux: pthread_getattr_np(3). Android and NetBSD have it too. */
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
    /* glibc before 2.32 leaves attr as it was when it fails, and destroying it then frees garbage:
       https://go.dev/issue/65625. Without /proc it does fail, on the main thread: https://go.dev/issue/71896. */
    if (pthread_attr_init(&attr) != 0) {
        return;
    }
    if (pthread_getattr_np(pthread_self(), &attr) == 0 && pthread_attr_getstack(&attr, &lo, &size) == 0) {
        bounds[0] = (uintptr_t)lo;
        bounds[1] = (uintptr_t)lo + size;
    }
    pthread_attr_destroy(&attr);
}
