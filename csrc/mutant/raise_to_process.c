/*
 * Mutant of the C library: raise sends the signal to the process instead of the calling thread.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

int raise(int number)
{
    return kill(getpid(), number);
}
