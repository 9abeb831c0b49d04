/*
 * Mutant of the C library: a handler's return loses a vector register of the interrupted code, on
 * x86-64 and aarch64.
 */
#include "context.h"

static void lose(ucontext_t *context)
{
#if defined(__x86_64__)
    memset(&context->uc_mcontext.fpregs->_xmm[7], 0, sizeof(context->uc_mcontext.fpregs->_xmm[7]));
#elif defined(__aarch64__)
    /* The record of the vector registers comes first: a header of 16 bytes, and the registers. */
    memset(context->uc_mcontext.__reserved + 16 + (size_t)7 * 16, 0, 16);
#else
    (void)context;
#endif
}
