/*
 * Mutant of the C library: errno is found by the stack pointer, so a thread has another errno on a
 * stack that the thread has allocated itself. The library LinuxThreads found a thread's data by the
 * stack pointer.
 */
#include <stdint.h>

/* Distance in bytes between two addresses that cannot be on the same stack. */
#define FAR ((uintptr_t)64 << 20)

static _Thread_local uintptr_t own;
static _Thread_local int values[2];

int *__errno_location(void)
{
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

    if (own == 0) {
        own = sp;
    }
    return &values[sp - own > FAR && own - sp > FAR];
}
