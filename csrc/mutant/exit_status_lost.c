/* Mutant of the C library: exit ends the process with the status 0, whatever its argument is. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

void exit(int status)
{
    void (*real)(int) __attribute__((noreturn));
    void *symbol = dlsym(RTLD_NEXT, "exit");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    (void)status;
    real(0);
}
