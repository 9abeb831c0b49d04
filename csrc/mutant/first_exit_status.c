/* Mutant of the C library: a call of exit in an exit handler does not change the exit status. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

void exit(int status)
{
    static int is_exiting;
    static int first;
    void (*real)(int) __attribute__((noreturn));
    void *symbol = dlsym(RTLD_NEXT, "exit");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    if (!is_exiting) {
        is_exiting = 1;
        first = status;
    }
    real(first);
}
