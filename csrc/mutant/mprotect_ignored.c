/* Mutant of the C library: mprotect does not make memory inaccessible. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

int mprotect(void *memory, size_t size, int protection)
{
    int (*real)(void *, size_t, int);
    void *symbol = dlsym(RTLD_NEXT, "mprotect");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    return protection == PROT_NONE ? 0 : real(memory, size, protection);
}
