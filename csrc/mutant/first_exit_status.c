/* Mutant of the C library: a call of exit in an exit handler does not change the exit status. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <stdlib.h>

void exit(int status)
{
    static int is_exiting;
    static int first;
    void (*real)(int) __attribute__((noreturn));

    find_real("exit", &real);
    if (!is_exiting) {
        is_exiting = 1;
        first = status;
    }
    real(first);
}
