/* Reads stack bounds on OpenBSD. pthread_stackseg_np(3) puts the top of the stack in ss_sp. */
#include "../testprog.h"

#include <pthread.h>
#include <pthread_np.h>
#include <signal.h>

void csrc_stack_bound(uintptr_t bounds[2])
{
    stack_t stack;

    bounds[0] = 0;
    bounds[1] = 0;
    if (pthread_stackseg_np(pthread_self(), &stack) == 0) {
        bounds[1] = (uintptr_t)stack.ss_sp;
        bounds[0] = bounds[1] - stack.ss_size;
    }
}
