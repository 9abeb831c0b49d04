/*
 * Mutant of the C library: siglongjmp does not restore the signal mask.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <setjmp.h>

void siglongjmp(sigjmp_buf environment, int value)
{
    void (*real)(sigjmp_buf, int) __attribute__((noreturn));

    find_real("siglongjmp", &real);
    environment[0].__mask_was_saved = 0;
    real(environment, value);
}
