/*
 * Checks that a signal handler finds the program counter and the stack pointer of the interrupted
 * code in its ucontext_t. Runtimes read both registers to print a traceback after a crash.
 */
#include "../probe.h"

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>
#include <unistd.h>

/* Maximum size of the function `trap` in bytes. */
#define LARGEST 512

static char stack[64 << 10];
static uintptr_t frame;

/* Writes to an inaccessible address. */
__attribute__((noinline)) static void trap(volatile int *nowhere)
{
    frame = (uintptr_t)__builtin_frame_address(0);
    *nowhere = 1;
    __asm__ volatile("" : : : "memory");
}

static int is_pc(uintptr_t value)
{
#if defined(__powerpc64__) && (!defined(_CALL_ELF) || _CALL_ELF == 1)
    uintptr_t begin = *(uintptr_t *)(uintptr_t)trap; /* A function pointer points to a descriptor. */
#elif defined(__hppa__)
    /* On PA-RISC, a function pointer with bit 1 set points to a descriptor of the function. */
    uintptr_t pointer = (uintptr_t)trap;
    uintptr_t begin = (pointer & 2) == 0 ? pointer : *(uintptr_t *)(pointer & ~(uintptr_t)3);
#else
    uintptr_t begin = (uintptr_t)trap & ~(uintptr_t)1; /* A pointer to Thumb code is odd. */
#endif

    return begin <= value && value - begin < LARGEST;
}

static int is_sp(uintptr_t value)
{
    return value + LARGEST >= frame && value <= frame + LARGEST;
}

static void handler(int number, siginfo_t *info, void *arg)
{
    ucontext_t *context = arg;
    uintptr_t pc = 0;
    uintptr_t sp = 0;

    (void)number;
    (void)info;
#if defined(__x86_64__) && defined(REG_RIP)
    pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__i386__) && defined(REG_EIP)
    pc = (uintptr_t)context->uc_mcontext.gregs[REG_EIP];
    sp = (uintptr_t)context->uc_mcontext.gregs[REG_ESP];
#elif defined(__aarch64__) && defined(__linux__)
    pc = context->uc_mcontext.pc;
    sp = context->uc_mcontext.sp;
#else
    {
        /* On other processors, searches all words of the context for the two registers. */
        uintptr_t *words = (uintptr_t *)context;
        size_t index;

        for (index = 0; index < sizeof(*context) / sizeof(*words); index++) {
            pc = is_pc(words[index]) ? words[index] : pc;
            sp = is_sp(words[index]) ? words[index] : sp;
        }
    }
#endif
    MUST(is_pc(pc));
    MUST(is_sp(sp));
    HELD();
    _exit(0);
}

int main(void)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    MUST(sigaltstack(&alternate, NULL) == 0);
    MUST(sigaction(SIGSEGV, &action, NULL) == 0);
    MUST(sigaction(SIGBUS, &action, NULL) == 0);
    AWAIT("a write to an inaccessible address raises a signal");
    trap((volatile int *)16);
    return 1;
}
