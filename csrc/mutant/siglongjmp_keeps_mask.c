/*
 * Mutant of the C library: siglongjmp does not restore the signal mask.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <setjmp.h>
#include <string.h>

void siglongjmp(sigjmp_buf environment, int value)
{
    void (*real)(sigjmp_buf, int) __attribute__((noreturn));
    void *symbol = dlsym(RTLD_NEXT, "siglongjmp");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    environment[0].__mask_was_saved = 0;
    real(environment, value);
}
