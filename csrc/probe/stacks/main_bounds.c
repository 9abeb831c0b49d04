/* Checks that pthread_getattr_np reports the bounds of the main thread's stack. */
#include "../probe.h"

#include <pthread.h>
#include <stdint.h>

int main(void)
{
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
    pthread_attr_t attr;
    void *lo = NULL;
    size_t size = 0;

    MUST(pthread_getattr_np(pthread_self(), &attr) == 0);
    MUST(pthread_attr_getstack(&attr, &lo, &size) == 0);
    MUST((uintptr_t)lo < sp && sp - (uintptr_t)lo <= size);
    /* The kernel places the stack at a random address, which changes the size by some pages. */
    printf("about %zu KiB\n", ((size >> 10) + 32) / 64 * 64);
    HELD();
    return 0;
}
