/* Mutant of the C library: exit ends the process with the status 0, whatever its argument is. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

void exit(int status)
{
    void (*real)(int) __attribute__((noreturn));
    void *symbol = dlsym(RTLD_NEXT, "exit");

    /* ISO C has no conversion from a pointer to data to a pointer to a function. */
    memcpy(&real, &symbol, sizeof(real));
    (void)status;
    real(0);
}
