/*
 * Mutant of the C library: sysconf(_SC_MINSIGSTKSZ) is too small for the frame of a signal.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <unistd.h>

long sysconf(int name)
{
    long (*real)(int);

    find_real("sysconf", &real);
    return name == _SC_MINSIGSTKSZ ? 512 : real(name);
}
