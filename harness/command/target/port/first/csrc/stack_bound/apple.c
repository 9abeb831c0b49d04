/* Reads stack bounds on Apple systems. pthread_get_stackaddr_np(3) returns the top of the stack. */
#include "../testprog.h"

#include <pthread.h>

void csrc_stack_bound(uintptr_t bounds[2])
{
    pthread_t self = pthread_self();
    uintptr_t hi = (uintptr_t)pthread_get_stackaddr_np(self);

    bounds[0] = hi - pthread_get_stacksize_np(self);
    bounds[1] = hi;
}
