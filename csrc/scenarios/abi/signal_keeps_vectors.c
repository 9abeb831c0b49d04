/*
 * Fills the vector registers or the floating-point registers with known values, and waits for a
 * signal. The signal handler changes the registers. Checks the values after the handler.
 */
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SIGNAL_STACK ((size_t)64 << 10)
/* Size in bytes of the largest register set: 32 registers of 64 bytes. */
#define MOST 2048

static _Alignas(64) unsigned char before[MOST], after[MOST];

/* Whether the thread's registers hold the values of `before`. */
static volatile int is_ready;
static volatile int is_handled;

/*
 * The macro ALL(X) contains X(index) for the index of each register. LOAD, WAIT and STORE are
 * instructions: LOAD loads the registers from the memory at the operand `from`, WAIT sets is_ready
 * and waits until is_handled is set, and STORE stores the registers to the memory at `to`.
 */
#define EIGHT(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define SIXTEEN(X) EIGHT(X) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define THIRTY_TWO(X)                                                                                                  \
    SIXTEEN(X)                                                                                                         \
    X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)

#if defined(__x86_64__) || (defined(__i386__) && defined(__SSE__))
#include <cpuid.h>

#ifdef __x86_64__
#define LOW(X) SIXTEEN(X)
#define HIGH "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
#else
#define LOW(X) EIGHT(X)
#define HIGH
#endif
#define CLOBBERED HIGH "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "cc", "memory"
#define WAIT "movl $1, (%[ready])\n\t1: pause\n\tcmpl $0, (%[handled])\n\tje 1b\n\t"
#define OPERANDS [ready] "r"(&is_ready), [handled] "r"(&is_handled)

#define LOAD_16(n) "movups 16*" #n "(%[from]), %%xmm" #n "\n\t"
#define STORE_16(n) "movups %%xmm" #n ", 16*" #n "(%[to])\n\t"
#define LOAD_32(n) "vmovups 32*" #n "(%[from]), %%ymm" #n "\n\t"
#define STORE_32(n) "vmovups %%ymm" #n ", 32*" #n "(%[to])\n\t"
#define LOAD_64(n) "vmovups 64*" #n "(%[from]), %%zmm" #n "\n\t"
#define STORE_64(n) "vmovups %%zmm" #n ", 64*" #n "(%[to])\n\t"

/* Size in bytes of the widest registers that the processor and the system support. */
static size_t width(void)
{
    unsigned a, b, c, d, enabled, upper;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX)) {
        return 16;
    }
    __asm__("xgetbv" : "=a"(enabled), "=d"(upper) : "c"(0));
    (void)upper;
#ifdef __x86_64__
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX512F) && (enabled & 0xe6) == 0xe6) {
        return 64;
    }
#endif
    return (enabled & 6) == 6 ? 32 : 16;
}

static size_t count(void)
{
#ifdef __x86_64__
    return width() == 64 ? 32 : 16;
#else
    return 8;
#endif
}

/* The compiler uses no register beyond xmm15, because it does not compile for AVX-512. */
static void hold(void)
{
    switch (width()) {
#ifdef __x86_64__
    case 64:
        __asm__ volatile(THIRTY_TWO(LOAD_64) WAIT THIRTY_TWO(STORE_64) "vzeroupper"
                         :
                         : [from] "r"(before), [to] "r"(after), OPERANDS
                         : CLOBBERED);
        break;
#endif
    case 32:
        __asm__ volatile(LOW(LOAD_32) WAIT LOW(STORE_32) "vzeroupper"
                         :
                         : [from] "r"(before), [to] "r"(after), OPERANDS
                         : CLOBBERED);
        break;
    default:
        __asm__ volatile(LOW(LOAD_16) WAIT LOW(STORE_16) : : [from] "r"(before), [to] "r"(after), OPERANDS : CLOBBERED);
    }
}

static void clear(void)
{
    static const _Alignas(64) unsigned char zeros[MOST];

    switch (width()) {
#ifdef __x86_64__
    case 64:
        __asm__ volatile(THIRTY_TWO(LOAD_64) : : [from] "r"(zeros));
        break;
#endif
    case 32:
        __asm__ volatile(LOW(LOAD_32) : : [from] "r"(zeros));
        break;
    default:
        __asm__ volatile(LOW(LOAD_16) : : [from] "r"(zeros));
    }
}
#else

#if defined(__aarch64__)
#define ALL(X) THIRTY_TWO(X)
#define WIDTH 16
#define LOAD(n) "ldr q" #n ", [%[from], #16*" #n "]\n\t"
#define STORE(n) "str q" #n ", [%[to], #16*" #n "]\n\t"
#define WAIT "mov w9, #1\n\tstr w9, [%[ready]]\n\t1: yield\n\tldr w9, [%[handled]]\n\tcbz w9, 1b\n\t"
#define NAME(n) , "v" #n
#define SCRATCH "x9"
#elif defined(__riscv) && __riscv_xlen == 64 && defined(__riscv_float_abi_double)
#define ALL(X) THIRTY_TWO(X)
#define WIDTH 8
#define LOAD(n) "fld f" #n ", 8*" #n "(%[from])\n\t"
#define STORE(n) "fsd f" #n ", 8*" #n "(%[to])\n\t"
#define WAIT "li t0, 1\n\tsw t0, 0(%[ready])\n\t1: lw t0, 0(%[handled])\n\tbeqz t0, 1b\n\t"
#define NAME(n) , "f" #n
#define SCRATCH "t0"
#elif defined(__arm__) && defined(__ARM_FP)
#define ALL(X) SIXTEEN(X)
#define WIDTH 8
#define LOAD(n) "vldr d" #n ", [%[from], #8*" #n "]\n\t"
#define STORE(n) "vstr d" #n ", [%[to], #8*" #n "]\n\t"
#define WAIT "mov ip, #1\n\tstr ip, [%[ready]]\n\t1: ldr ip, [%[handled]]\n\tcmp ip, #0\n\tbeq 1b\n\t"
#define NAME(n) , "d" #n
#define SCRATCH "ip"
#elif defined(__s390x__)
#define ALL(X) SIXTEEN(X)
#define WIDTH 8
#define LOAD(n) "ld %%f" #n ", 8*" #n "(%[from])\n\t"
#define STORE(n) "std %%f" #n ", 8*" #n "(%[to])\n\t"
#define WAIT "mvhi 0(%[ready]), 1\n\t1: icm %%r0, 15, 0(%[handled])\n\tjz 1b\n\t"
#define NAME(n) , "f" #n
#define SCRATCH "r0"
/*
 * GCC may save general registers in the floating-point registers that a function call may change,
 * so the compiler must know that these registers change.
 */
#define CHANGED : "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7"
#endif
#ifndef CHANGED
#define CHANGED
#endif

#ifdef ALL
#ifdef __s390x__
#define BASE(address) "a"(address) /* The register r0 cannot be part of an address. */
#else
#define BASE(address) "r"(address)
#endif
#define ONE(n) +1

static size_t width(void)
{
    return WIDTH;
}

static size_t count(void)
{
    return ALL(ONE);
}

static void hold(void)
{
    __asm__ volatile(ALL(LOAD) WAIT ALL(STORE)
                     :
                     : [from] BASE(before), [to] BASE(after), [ready] BASE(&is_ready), [handled] BASE(&is_handled)
                     : "cc", "memory", SCRATCH ALL(NAME));
}

/*
 * The compiler does not know that the callee-saved registers change, so the handler does not restore
 * them.
 */
static void clear(void)
{
    static const _Alignas(64) unsigned char zeros[MOST];

    __asm__ volatile(ALL(LOAD) : : [from] BASE(zeros) CHANGED);
}
#else
/* This file has no code for the registers of this processor. */
static size_t width(void)
{
    return 0;
}

static size_t count(void)
{
    return 0;
}

static void hold(void)
{
    is_ready = 1;
    while (!is_handled) {
    }
}

static void clear(void)
{
}
#endif
#endif

static void handler(int number)
{
    (void)number;
    is_handled = 1;
    clear();
}

/* Sends a signal to the thread that holds values in its registers. */
static void *sender(void *arg)
{
    const pthread_t *holder = arg;

    while (!is_ready) {
        sched_yield();
    }
    pthread_kill(*holder, SIGUSR1);
    return NULL;
}

static int hold_and_check(const char *where)
{
    pthread_t self = pthread_self(), thread;
    size_t index;
    int error;

    is_ready = is_handled = 0;
    memset(after, 0, sizeof(after));
    error = pthread_create(&thread, NULL, sender, &self);
    if (error != 0) {
        return error;
    }
    hold();
    error = pthread_join(thread, NULL);
    if (error != 0) {
        return error;
    }
    for (index = 0; index < width() * count(); index++) {
        if (after[index] != before[index]) {
            return csrc_wrong("a signal on %s changed byte %u of vector register %u", where,
                              (unsigned)(index % width()), (unsigned)(index / width()));
        }
    }
    return 0;
}

static void on_thread(void *arg)
{
    int *error = arg;
    struct sigaction action = {.sa_handler = handler};
    stack_t stack = {0}, none = {0};

    sigemptyset(&action.sa_mask);
    stack.ss_sp = malloc(SIGNAL_STACK);
    stack.ss_size = SIGNAL_STACK;
    none.ss_flags = SS_DISABLE;
    none.ss_size = SIGNAL_STACK; /* Some systems check the size even with SS_DISABLE. */
    if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) == -1 || sigaction(SIGUSR1, &action, NULL) == -1) {
        *error = stack.ss_sp == NULL ? ENOMEM : errno;
        free(stack.ss_sp);
        return;
    }
    *error = hold_and_check("the thread's stack");
    if (*error == 0) {
        action.sa_flags = SA_ONSTACK;
        sigaction(SIGUSR1, &action, NULL);
        *error = hold_and_check("the alternate stack");
    }
    sigaltstack(&none, NULL);
    free(stack.ss_sp);
}

int csrc_signal_keeps_vectors(void)
{
    size_t index;
    int failed = 0, error;

    for (index = 0; index < MOST; index++) {
        /* No byte is 0, and each byte differs from its neighbors and from those of the next register. */
        before[index] = (unsigned char)(1 + index % 251);
    }
    error = csrc_thread(on_thread, &failed);
    return error != 0 ? error : failed;
}
#else
int csrc_signal_keeps_vectors(void)
{
    return ENOTSUP;
}
#endif
