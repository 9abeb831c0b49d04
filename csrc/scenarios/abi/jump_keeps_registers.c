/*
 * Changes callee-saved registers after setjmp, and checks that the registers have the values of the
 * call of setjmp after longjmp.
 */
#include "../../testprog.h"

#include <setjmp.h>

static jmp_buf place;
static volatile int jumps;

/*
 * The compiler does not know that this function changes the registers, so the function does not
 * restore the registers.
 */
static void jump(void)
{
#if defined(__x86_64__)
    __asm__ volatile("xorl %r12d, %r12d\n\txorl %r13d, %r13d\n\txorl %r14d, %r14d");
#elif defined(__aarch64__)
    __asm__ volatile("mov x26, xzr\n\tfmov d9, xzr");
#elif defined(__riscv) && defined(__riscv_float_abi_double)
    __asm__ volatile("li s9, 0\n\tfmv.d.x fs9, zero");
#elif defined(__s390x__)
    __asm__ volatile("lghi %r9, 0");
#endif
    longjmp(place, 1);
}

static void (*volatile call_jump)(void) = jump;

static void set_and_jump(void *arg)
{
    (void)arg;
    if (setjmp(place) == 0) {
        call_jump();
    }
    jumps++;
}

int csrc_jump_keeps_registers(void)
{
    int error = csrc_keeps_registers("longjmp", set_and_jump, NULL);

    if (error == 0 && jumps != 1) {
        error = csrc_wrong("setjmp returned %d times from longjmp instead of once", jumps);
    }
    return error;
}
