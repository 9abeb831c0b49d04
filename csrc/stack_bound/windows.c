/* Windows 8 and later: GetCurrentThreadStackLimits, which follows a fiber's stack. */
#define _WIN32_WINNT 0x0602
#include "../testprog.h"

#include <windows.h>

void csrc_stack_bound(uintptr_t bounds[2])
{
    ULONG_PTR lo;
    ULONG_PTR hi;

    GetCurrentThreadStackLimits(&lo, &hi);
    bounds[0] = (uintptr_t)lo;
    bounds[1] = (uintptr_t)hi;
}
