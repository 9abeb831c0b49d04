/* Stores zeros, for systems where no function is known that reports stack bounds. */
#include "../testprog.h"

void csrc_stack_bound(uintptr_t bounds[2])
{
    bounds[0] = 0;
    bounds[1] = 0;
}
