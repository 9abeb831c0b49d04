/*
 * Mutant of the C library: abort executes a trap instruction and raises no SIGABRT, as in relibc.
 */
#include <stdlib.h>

void abort(void)
{
    __builtin_trap();
}
