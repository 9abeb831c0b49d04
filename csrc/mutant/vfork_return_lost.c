/*
 * Mutant of the C library: vfork leaves its return address on the stack, where the calls of the
 * child overwrite the address, so the parent returns to an address in the child's code.
 */
#define _GNU_SOURCE
#include <unistd.h>

#ifdef __x86_64__
/* 58 is the number of the system call vfork. */
__asm__(".text\n"
        ".globl vfork\n"
        ".type vfork, @function\n"
        "vfork:\n"
        "  movl $58, %eax\n"
        "  syscall\n"
        "  ret\n");
#endif
