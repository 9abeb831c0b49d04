/* Calls a function that panics, from C code without unwind tables. */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#ifdef __ELF__
/*
 * The assembler writes the unwind tables of this file into a section for debuggers, which is not
 * part of the running program.
 */
__asm__(".cfi_sections .debug_frame");
#endif

/*
 * This function does some work after the call, so the compiler makes no tail call and the frame
 * stays on the stack.
 */
int csrc_panic_through_c_no_tables(csrc_callback *callback)
{
    volatile int after = 0;

    callback();
    after++;
    return after - 1;
}
#else
int csrc_panic_through_c_no_tables(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
