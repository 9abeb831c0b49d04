/* A system that does not tell, or of which nobody has said here how it does. */
#include "../testprog.h"

void csrc_stack_bound(uintptr_t bounds[2])
{
    bounds[0] = 0;
    bounds[1] = 0;
}
