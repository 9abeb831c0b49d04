/* Windows 8 and later: GetCurrentThreadStackLimits, which follows a fiber's stack. */
#define _WIN32_WINNT 0x0602
#include "../testprog.h"

#include <windows.h>

/*
 * The limit is where the reserved memory begins, but not all of that can be used: the lowest page is never there, a
 * guard page is kept above it, and STATUS_STACK_OVERFLOW comes when what is guaranteed to its handler is all that is
 * left, at least one page, or two in a 64-bit process. Go keeps as much (runtime/os_windows.go, minit).
 */
#define KEPT ((uintptr_t)16 << 10)

void csrc_stack_bound(uintptr_t bounds[2])
{
    ULONG_PTR lo;
    ULONG_PTR hi;
    ULONG guaranteed = 0; /* a question: 0 changes nothing */

    GetCurrentThreadStackLimits(&lo, &hi);
    SetThreadStackGuarantee(&guaranteed);
    bounds[0] = (uintptr_t)lo + guaranteed + KEPT;
    bounds[1] = (uintptr_t)hi;
}
