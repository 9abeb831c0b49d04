/*
 * Reads stack bounds on Windows 8 and later. GetCurrentThreadStackLimits reports the current
 * fiber's stack.
 */
#define _WIN32_WINNT 0x0602
#include "../testprog.h"

#include <windows.h>

/*
 * Number of bytes at the low end of a stack that a thread cannot use: the lowest page is never
 * mapped, and a guard page lies above the lowest page. Windows raises STATUS_STACK_OVERFLOW when
 * only the space guaranteed to the exception's handler is left: at least one page, or two pages in
 * a 64-bit process. Go's runtime reserves the same 16 KiB (runtime/os_windows.go, minit).
 */
#define KEPT ((uintptr_t)16 << 10)

void csrc_stack_bound(uintptr_t bounds[2])
{
    ULONG_PTR lo;
    ULONG_PTR hi;
    ULONG guaranteed = 0; /* For the value 0, SetThreadStackGuarantee only reads the current value. */

    GetCurrentThreadStackLimits(&lo, &hi);
    SetThreadStackGuarantee(&guaranteed);
    bounds[0] = (uintptr_t)lo + guaranteed + KEPT;
    bounds[1] = (uintptr_t)hi;
}
