/*
 * Mutant of the C library: a handler's return restores only the lower halves of the vector
 * registers of AVX.
 */
#include "context.h"

#include <stdint.h>

static void lose(ucontext_t *context)
{
#ifdef __x86_64__
    /* Bit 2 of the first field of the XSAVE header says that upper halves are stored. */
    char *header = (char *)context->uc_mcontext.fpregs + sizeof(struct _libc_fpstate);
    uint64_t parts;

    memcpy(&parts, header, sizeof(parts));
    parts &= ~(uint64_t)4;
    memcpy(header, &parts, sizeof(parts));
#else
    (void)context;
#endif
}
