/*
 * Mutant of the C library: sysconf(_SC_MINSIGSTKSZ) is too small for the frame of a signal.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

long sysconf(int name)
{
    long (*real)(int);
    void *symbol = dlsym(RTLD_NEXT, "sysconf");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    return name == _SC_MINSIGSTKSZ ? 512 : real(name);
}
