/*
 * Mutant of the C library: the thread-local variables of an object that the program has loaded by
 * dlopen are 16 bytes above their correct addresses.
 */
#include "tls.h"

static char *change(char *address, unsigned long offset)
{
    (void)offset;
    return address + 16;
}
