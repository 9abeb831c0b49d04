/*
 * Mutant of the C library: all threads share the thread-local variables of an object that the
 * program has loaded by dlopen.
 */
#include "tls.h"

static char *change(char *address, unsigned long offset)
{
    static char *shared;

    if (shared == NULL) {
        shared = address - offset;
    }
    return shared + offset;
}
