/* Mutant of the C library: exit does not write the buffered output of the C library's streams. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

void exit(int status)
{
    _exit(status);
}
