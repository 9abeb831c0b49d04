/*
 * Checks that pthread_getattr_np reports the stack bounds of a thread that pthread_create started.
 */
#include "../probe.h"

#include <pthread.h>
#include <stdint.h>

static int ended;

static void *start(void *arg)
{
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
    pthread_attr_t attr;
    void *lo = NULL;
    size_t size = 0;

    MUST(pthread_getattr_np(pthread_self(), &attr) == 0);
    MUST(pthread_attr_getstack(&attr, &lo, &size) == 0);
    MUST((uintptr_t)lo < sp && sp - (uintptr_t)lo <= size);
    printf("%zu KiB\n", size >> 10);
    ended++;
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(ended == 1);
    HELD();
    return 0;
}
