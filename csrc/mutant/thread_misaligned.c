/*
 * Mutant of the C library: a thread's start function begins with a misaligned stack pointer on
 * x86-64. The operating system SerenityOS and the C library mlibc started signal handlers with a
 * misaligned stack pointer.
 */
#include "start.h"

#if defined(__x86_64__)
/* Calls function(arg) with a stack pointer that is 8 bytes off the alignment of the ABI. */
void *misaligned(void *arg, void *(*function)(void *)) __asm__("mutant_misaligned");
__asm__(
    ".text\nmutant_misaligned:\n  pushq %rbp\n  movq %rsp, %rbp\n  subq $8, %rsp\n  callq *%rsi\n  leave\n  retq\n");
#else
static void *misaligned(void *arg, void *(*function)(void *))
{
    return function(arg);
}
#endif

static void *run(void *(*function)(void *), void *arg)
{
    return misaligned(arg, function);
}
