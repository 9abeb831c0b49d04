/*
 * Mutant of the C library: sigfillset adds no real-time signals to the set, as if a set of signals had
 * 32 bits.
 */
#define _GNU_SOURCE
#include <signal.h>

int sigfillset(sigset_t *set)
{
    int number;

    sigemptyset(set);
    for (number = 1; number < 32; number++) {
        sigaddset(set, number);
    }
    return 0;
}
