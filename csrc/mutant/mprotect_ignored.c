/* Mutant of the C library: mprotect does not make memory inaccessible. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <stddef.h>
#include <sys/mman.h>

int mprotect(void *memory, size_t size, int protection)
{
    int (*real)(void *, size_t, int);

    find_real("mprotect", &real);
    return protection == PROT_NONE ? 0 : real(memory, size, protection);
}
