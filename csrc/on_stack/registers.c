/*
 * Fills the callee-saved registers with known values, calls a function, and checks the registers. A
 * called function must restore the callee-saved registers before it returns, so a compiler keeps a
 * caller's variables in these registers during a call.
 */
#include "../testprog.h"

#if HAVE_ASSEMBLY
/*
 * Loads the callee-saved registers from `values`, calls body(arg), and stores the registers in
 * `values`. Restores the caller's registers before the return.
 */
void with_registers(void (*body)(void *), void *arg, void *values) __asm__("testprog_with_registers");

#define BEGIN ".text\n.globl testprog_with_registers\n.balign 16\ntestprog_with_registers:\n"

#if defined(__x86_64__) && defined(_WIN32)
/* The called function may store its arguments in the 32 bytes above its return address. */
#define REGISTERS                                                                                                      \
    "rbx", "rbp", "rsi", "rdi", "r12", "r13", "r14", "r15", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", \
        "xmm13", "xmm14", "xmm15"
__asm__(".def testprog_with_registers; .scl 2; .type 32; .endef\n" BEGIN "  pushq %rbx\n"
        "  pushq %rbp\n"
        "  pushq %rsi\n"
        "  pushq %rdi\n"
        "  pushq %r12\n"
        "  pushq %r13\n"
        "  pushq %r14\n"
        "  pushq %r15\n"
        "  subq $216, %rsp\n"
        "  movups %xmm6, 48(%rsp)\n"
        "  movups %xmm7, 64(%rsp)\n"
        "  movups %xmm8, 80(%rsp)\n"
        "  movups %xmm9, 96(%rsp)\n"
        "  movups %xmm10, 112(%rsp)\n"
        "  movups %xmm11, 128(%rsp)\n"
        "  movups %xmm12, 144(%rsp)\n"
        "  movups %xmm13, 160(%rsp)\n"
        "  movups %xmm14, 176(%rsp)\n"
        "  movups %xmm15, 192(%rsp)\n"
        "  movq %r8, 32(%rsp)\n"
        "  movq 0(%r8), %rbx\n"
        "  movq 8(%r8), %rbp\n"
        "  movq 16(%r8), %rsi\n"
        "  movq 24(%r8), %rdi\n"
        "  movq 32(%r8), %r12\n"
        "  movq 40(%r8), %r13\n"
        "  movq 48(%r8), %r14\n"
        "  movq 56(%r8), %r15\n"
        "  movsd 64(%r8), %xmm6\n"
        "  movsd 72(%r8), %xmm7\n"
        "  movsd 80(%r8), %xmm8\n"
        "  movsd 88(%r8), %xmm9\n"
        "  movsd 96(%r8), %xmm10\n"
        "  movsd 104(%r8), %xmm11\n"
        "  movsd 112(%r8), %xmm12\n"
        "  movsd 120(%r8), %xmm13\n"
        "  movsd 128(%r8), %xmm14\n"
        "  movsd 136(%r8), %xmm15\n"
        "  movq %rcx, %rax\n"
        "  movq %rdx, %rcx\n"
        "  callq *%rax\n"
        "  movq 32(%rsp), %r8\n"
        "  movq %rbx, 0(%r8)\n"
        "  movq %rbp, 8(%r8)\n"
        "  movq %rsi, 16(%r8)\n"
        "  movq %rdi, 24(%r8)\n"
        "  movq %r12, 32(%r8)\n"
        "  movq %r13, 40(%r8)\n"
        "  movq %r14, 48(%r8)\n"
        "  movq %r15, 56(%r8)\n"
        "  movsd %xmm6, 64(%r8)\n"
        "  movsd %xmm7, 72(%r8)\n"
        "  movsd %xmm8, 80(%r8)\n"
        "  movsd %xmm9, 88(%r8)\n"
        "  movsd %xmm10, 96(%r8)\n"
        "  movsd %xmm11, 104(%r8)\n"
        "  movsd %xmm12, 112(%r8)\n"
        "  movsd %xmm13, 120(%r8)\n"
        "  movsd %xmm14, 128(%r8)\n"
        "  movsd %xmm15, 136(%r8)\n"
        "  movups 48(%rsp), %xmm6\n"
        "  movups 64(%rsp), %xmm7\n"
        "  movups 80(%rsp), %xmm8\n"
        "  movups 96(%rsp), %xmm9\n"
        "  movups 112(%rsp), %xmm10\n"
        "  movups 128(%rsp), %xmm11\n"
        "  movups 144(%rsp), %xmm12\n"
        "  movups 160(%rsp), %xmm13\n"
        "  movups 176(%rsp), %xmm14\n"
        "  movups 192(%rsp), %xmm15\n"
        "  addq $216, %rsp\n"
        "  popq %r15\n"
        "  popq %r14\n"
        "  popq %r13\n"
        "  popq %r12\n"
        "  popq %rdi\n"
        "  popq %rsi\n"
        "  popq %rbp\n"
        "  popq %rbx\n"
        "  retq\n");
#elif defined(__x86_64__)
#define REGISTERS "rbx", "rbp", "r12", "r13", "r14", "r15"
__asm__(BEGIN "  pushq %rbx\n"
              "  pushq %rbp\n"
              "  pushq %r12\n"
              "  pushq %r13\n"
              "  pushq %r14\n"
              "  pushq %r15\n"
              "  pushq %rdx\n"
              "  movq 0(%rdx), %rbx\n"
              "  movq 8(%rdx), %rbp\n"
              "  movq 16(%rdx), %r12\n"
              "  movq 24(%rdx), %r13\n"
              "  movq 32(%rdx), %r14\n"
              "  movq 40(%rdx), %r15\n"
              "  movq %rdi, %rax\n"
              "  movq %rsi, %rdi\n"
              "  callq *%rax\n"
              "  popq %rdx\n"
              "  movq %rbx, 0(%rdx)\n"
              "  movq %rbp, 8(%rdx)\n"
              "  movq %r12, 16(%rdx)\n"
              "  movq %r13, 24(%rdx)\n"
              "  movq %r14, 32(%rdx)\n"
              "  movq %r15, 40(%rdx)\n"
              "  popq %r15\n"
              "  popq %r14\n"
              "  popq %r13\n"
              "  popq %r12\n"
              "  popq %rbp\n"
              "  popq %rbx\n"
              "  retq\n");
#elif defined(__i386__)
#define REGISTERS "ebx", "ebp", "esi", "edi"
__asm__(BEGIN "  pushl %ebx\n"
              "  pushl %ebp\n"
              "  pushl %esi\n"
              "  pushl %edi\n"
              "  movl 20(%esp), %eax\n"
              "  movl 24(%esp), %ecx\n"
              "  movl 28(%esp), %edx\n"
              "  subl $8, %esp\n"
              "  pushl %ecx\n"
              "  movl 0(%edx), %ebx\n"
              "  movl 4(%edx), %ebp\n"
              "  movl 8(%edx), %esi\n"
              "  movl 12(%edx), %edi\n"
              "  calll *%eax\n"
              "  addl $12, %esp\n"
              "  movl 28(%esp), %edx\n"
              "  movl %ebx, 0(%edx)\n"
              "  movl %ebp, 4(%edx)\n"
              "  movl %esi, 8(%edx)\n"
              "  movl %edi, 12(%edx)\n"
              "  popl %edi\n"
              "  popl %esi\n"
              "  popl %ebp\n"
              "  popl %ebx\n"
              "  retl\n");
#elif defined(__aarch64__)
#define REGISTERS                                                                                                      \
    "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "d8", "d9", "d10", "d11", "d12", "d13",      \
        "d14", "d15"
__asm__(BEGIN "  stp x29, x30, [sp, #-176]!\n"
              "  mov x29, sp\n"
              "  stp x19, x20, [sp, #16]\n"
              "  stp x21, x22, [sp, #32]\n"
              "  stp x23, x24, [sp, #48]\n"
              "  stp x25, x26, [sp, #64]\n"
              "  stp x27, x28, [sp, #80]\n"
              "  stp d8, d9, [sp, #96]\n"
              "  stp d10, d11, [sp, #112]\n"
              "  stp d12, d13, [sp, #128]\n"
              "  stp d14, d15, [sp, #144]\n"
              "  str x2, [sp, #160]\n"
              "  mov x3, x0\n"
              "  mov x0, x1\n"
              "  ldp x19, x20, [x2, #0]\n"
              "  ldp x21, x22, [x2, #16]\n"
              "  ldp x23, x24, [x2, #32]\n"
              "  ldp x25, x26, [x2, #48]\n"
              "  ldp x27, x28, [x2, #64]\n"
              "  ldp d8, d9, [x2, #80]\n"
              "  ldp d10, d11, [x2, #96]\n"
              "  ldp d12, d13, [x2, #112]\n"
              "  ldp d14, d15, [x2, #128]\n"
              "  blr x3\n"
              "  ldr x2, [sp, #160]\n"
              "  stp x19, x20, [x2, #0]\n"
              "  stp x21, x22, [x2, #16]\n"
              "  stp x23, x24, [x2, #32]\n"
              "  stp x25, x26, [x2, #48]\n"
              "  stp x27, x28, [x2, #64]\n"
              "  stp d8, d9, [x2, #80]\n"
              "  stp d10, d11, [x2, #96]\n"
              "  stp d12, d13, [x2, #112]\n"
              "  stp d14, d15, [x2, #128]\n"
              "  ldp x19, x20, [sp, #16]\n"
              "  ldp x21, x22, [sp, #32]\n"
              "  ldp x23, x24, [sp, #48]\n"
              "  ldp x25, x26, [sp, #64]\n"
              "  ldp x27, x28, [sp, #80]\n"
              "  ldp d8, d9, [sp, #96]\n"
              "  ldp d10, d11, [sp, #112]\n"
              "  ldp d12, d13, [sp, #128]\n"
              "  ldp d14, d15, [sp, #144]\n"
              "  ldp x29, x30, [sp], #176\n"
              "  ret\n");
#elif defined(__riscv) && __riscv_xlen == 64 && defined(__riscv_float_abi_double)
#define REGISTERS                                                                                                      \
    "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "fs0", "fs1", "fs2", "fs3", "fs4",       \
        "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11"
__asm__(BEGIN "  addi sp, sp, -208\n"
              "  sd ra, 192(sp)\n"
              "  sd a2, 200(sp)\n"
              "  sd s0, 0(sp)\n"
              "  sd s1, 8(sp)\n"
              "  sd s2, 16(sp)\n"
              "  sd s3, 24(sp)\n"
              "  sd s4, 32(sp)\n"
              "  sd s5, 40(sp)\n"
              "  sd s6, 48(sp)\n"
              "  sd s7, 56(sp)\n"
              "  sd s8, 64(sp)\n"
              "  sd s9, 72(sp)\n"
              "  sd s10, 80(sp)\n"
              "  sd s11, 88(sp)\n"
              "  fsd fs0, 96(sp)\n"
              "  fsd fs1, 104(sp)\n"
              "  fsd fs2, 112(sp)\n"
              "  fsd fs3, 120(sp)\n"
              "  fsd fs4, 128(sp)\n"
              "  fsd fs5, 136(sp)\n"
              "  fsd fs6, 144(sp)\n"
              "  fsd fs7, 152(sp)\n"
              "  fsd fs8, 160(sp)\n"
              "  fsd fs9, 168(sp)\n"
              "  fsd fs10, 176(sp)\n"
              "  fsd fs11, 184(sp)\n"
              "  mv a3, a0\n"
              "  mv a0, a1\n"
              "  ld s0, 0(a2)\n"
              "  ld s1, 8(a2)\n"
              "  ld s2, 16(a2)\n"
              "  ld s3, 24(a2)\n"
              "  ld s4, 32(a2)\n"
              "  ld s5, 40(a2)\n"
              "  ld s6, 48(a2)\n"
              "  ld s7, 56(a2)\n"
              "  ld s8, 64(a2)\n"
              "  ld s9, 72(a2)\n"
              "  ld s10, 80(a2)\n"
              "  ld s11, 88(a2)\n"
              "  fld fs0, 96(a2)\n"
              "  fld fs1, 104(a2)\n"
              "  fld fs2, 112(a2)\n"
              "  fld fs3, 120(a2)\n"
              "  fld fs4, 128(a2)\n"
              "  fld fs5, 136(a2)\n"
              "  fld fs6, 144(a2)\n"
              "  fld fs7, 152(a2)\n"
              "  fld fs8, 160(a2)\n"
              "  fld fs9, 168(a2)\n"
              "  fld fs10, 176(a2)\n"
              "  fld fs11, 184(a2)\n"
              "  jalr a3\n"
              "  ld a2, 200(sp)\n"
              "  sd s0, 0(a2)\n"
              "  sd s1, 8(a2)\n"
              "  sd s2, 16(a2)\n"
              "  sd s3, 24(a2)\n"
              "  sd s4, 32(a2)\n"
              "  sd s5, 40(a2)\n"
              "  sd s6, 48(a2)\n"
              "  sd s7, 56(a2)\n"
              "  sd s8, 64(a2)\n"
              "  sd s9, 72(a2)\n"
              "  sd s10, 80(a2)\n"
              "  sd s11, 88(a2)\n"
              "  fsd fs0, 96(a2)\n"
              "  fsd fs1, 104(a2)\n"
              "  fsd fs2, 112(a2)\n"
              "  fsd fs3, 120(a2)\n"
              "  fsd fs4, 128(a2)\n"
              "  fsd fs5, 136(a2)\n"
              "  fsd fs6, 144(a2)\n"
              "  fsd fs7, 152(a2)\n"
              "  fsd fs8, 160(a2)\n"
              "  fsd fs9, 168(a2)\n"
              "  fsd fs10, 176(a2)\n"
              "  fsd fs11, 184(a2)\n"
              "  ld s0, 0(sp)\n"
              "  ld s1, 8(sp)\n"
              "  ld s2, 16(sp)\n"
              "  ld s3, 24(sp)\n"
              "  ld s4, 32(sp)\n"
              "  ld s5, 40(sp)\n"
              "  ld s6, 48(sp)\n"
              "  ld s7, 56(sp)\n"
              "  ld s8, 64(sp)\n"
              "  ld s9, 72(sp)\n"
              "  ld s10, 80(sp)\n"
              "  ld s11, 88(sp)\n"
              "  fld fs0, 96(sp)\n"
              "  fld fs1, 104(sp)\n"
              "  fld fs2, 112(sp)\n"
              "  fld fs3, 120(sp)\n"
              "  fld fs4, 128(sp)\n"
              "  fld fs5, 136(sp)\n"
              "  fld fs6, 144(sp)\n"
              "  fld fs7, 152(sp)\n"
              "  fld fs8, 160(sp)\n"
              "  fld fs9, 168(sp)\n"
              "  fld fs10, 176(sp)\n"
              "  fld fs11, 184(sp)\n"
              "  ld ra, 192(sp)\n"
              "  addi sp, sp, 208\n"
              "  ret\n");
#elif defined(__arm__) && defined(__ARM_FP)
#define REGISTERS                                                                                                      \
    "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "d8", "d8, upper half", "d9", "d9, upper half", "d10",           \
        "d10, upper half", "d11", "d11, upper half", "d12", "d12, upper half", "d13", "d13, upper half", "d14",        \
        "d14, upper half", "d15", "d15, upper half"
__asm__(".syntax unified\n.arm\n.type testprog_with_registers, %function\n" BEGIN "  push {r4-r11, lr}\n"
        "  vpush {d8-d15}\n"
        "  push {r2}\n"
        "  sub sp, sp, #8\n"
        "  mov r3, r0\n"
        "  mov r0, r1\n"
        "  ldm r2!, {r4-r11}\n"
        "  vldm r2, {d8-d15}\n"
        "  blx r3\n"
        "  add sp, sp, #8\n"
        "  pop {r2}\n"
        "  stm r2!, {r4-r11}\n"
        "  vstm r2, {d8-d15}\n"
        "  vpop {d8-d15}\n"
        "  pop {r4-r11, pc}\n"
#ifdef __thumb__
        ".thumb\n"
#endif
);
#elif defined(__s390x__)
#define REGISTERS                                                                                                      \
    "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "f8", "f9", "f10", "f11", "f12", "f13", "f14", "f15"
__asm__(BEGIN "  stmg %r6, %r15, 48(%r15)\n"
              "  aghi %r15, -232\n"
              "  std %f8, 160(%r15)\n"
              "  std %f9, 168(%r15)\n"
              "  std %f10, 176(%r15)\n"
              "  std %f11, 184(%r15)\n"
              "  std %f12, 192(%r15)\n"
              "  std %f13, 200(%r15)\n"
              "  std %f14, 208(%r15)\n"
              "  std %f15, 216(%r15)\n"
              "  stg %r4, 224(%r15)\n"
              "  lgr %r1, %r2\n"
              "  lgr %r2, %r3\n"
              "  lmg %r6, %r13, 0(%r4)\n"
              "  ld %f8, 64(%r4)\n"
              "  ld %f9, 72(%r4)\n"
              "  ld %f10, 80(%r4)\n"
              "  ld %f11, 88(%r4)\n"
              "  ld %f12, 96(%r4)\n"
              "  ld %f13, 104(%r4)\n"
              "  ld %f14, 112(%r4)\n"
              "  ld %f15, 120(%r4)\n"
              "  basr %r14, %r1\n"
              "  lg %r4, 224(%r15)\n"
              "  stmg %r6, %r13, 0(%r4)\n"
              "  std %f8, 64(%r4)\n"
              "  std %f9, 72(%r4)\n"
              "  std %f10, 80(%r4)\n"
              "  std %f11, 88(%r4)\n"
              "  std %f12, 96(%r4)\n"
              "  std %f13, 104(%r4)\n"
              "  std %f14, 112(%r4)\n"
              "  std %f15, 120(%r4)\n"
              "  ld %f8, 160(%r15)\n"
              "  ld %f9, 168(%r15)\n"
              "  ld %f10, 176(%r15)\n"
              "  ld %f11, 184(%r15)\n"
              "  ld %f12, 192(%r15)\n"
              "  ld %f13, 200(%r15)\n"
              "  ld %f14, 208(%r15)\n"
              "  ld %f15, 216(%r15)\n"
              "  lmg %r6, %r15, 280(%r15)\n"
              "  br %r14\n");
#else
#define NO_REGISTERS
#endif
#else
#define NO_REGISTERS
#endif

#ifndef NO_REGISTERS
#if defined(__arm__) || defined(__i386__)
typedef uint32_t word;
#else
typedef uint64_t word;
#endif

int csrc_keeps_registers(const char *during, void (*body)(void *), void *arg)
{
    static const char *const names[] = {REGISTERS};
    enum { COUNT = sizeof(names) / sizeof(names[0]) };
    word values[COUNT];
    unsigned index;

    /* Each register gets a different value, which is also a finite floating-point number. */
    for (index = 0; index < COUNT; index++) {
        values[index] = (word)0x4142434445464700 + index;
    }
    with_registers(body, arg, values);
    for (index = 0; index < COUNT; index++) {
        if (values[index] != (word)0x4142434445464700 + index) {
            return csrc_wrong("%s changed the callee-saved register %s", during, names[index]);
        }
    }
    return 0;
}
#else
int csrc_keeps_registers(const char *during, void (*body)(void *), void *arg)
{
    (void)during;
    body(arg);
    return 0;
}
#endif

/*
 * `MODE` is the mask of the bits of the floating-point control register that select the rounding
 * mode, and `UP` rounds towards positive infinity.
 */
#if defined(__x86_64__) || (defined(__i386__) && defined(__SSE__))
#define UP 0x4000u
#define MODE 0x6000u
static uint32_t control(void)
{
    uint32_t value;

    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

static void set_control(uint32_t value)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(value));
}
#elif defined(__aarch64__)
#define UP 0x400000u
#define MODE 0xc00000u
static uint64_t control(void)
{
    uint64_t value;

    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}

static void set_control(uint64_t value)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(value));
}
#elif defined(__riscv) && defined(__riscv_flen)
#define UP 3u
#define MODE 7u
static unsigned long control(void)
{
    unsigned long value;

    __asm__ volatile("frrm %0" : "=r"(value));
    return value;
}

static void set_control(unsigned long value)
{
    __asm__ volatile("fsrm %0" : : "r"(value));
}
#elif defined(__arm__) && defined(__ARM_FP)
#define UP 0x400000u
#define MODE 0xc00000u
static uint32_t control(void)
{
    uint32_t value;

    __asm__ volatile("vmrs %0, fpscr" : "=r"(value));
    return value;
}

static void set_control(uint32_t value)
{
    __asm__ volatile("vmsr fpscr, %0" : : "r"(value));
}
#elif defined(__s390x__)
#define UP 2u
#define MODE 7u
static uint32_t control(void)
{
    uint32_t value;

    __asm__ volatile("efpc %0" : "=d"(value));
    return value;
}

static void set_control(uint32_t value)
{
    __asm__ volatile("sfpc %0" : : "d"(value));
}
#else
#define UP 0u
#define MODE 0u
static unsigned control(void)
{
    return 0;
}

static void set_control(unsigned value)
{
    (void)value;
}
#endif

void csrc_round_up(int is_up)
{
    set_control((control() & ~MODE) | (is_up ? UP : 0));
}

int csrc_rounds_up(void)
{
    return (control() & MODE) == UP;
}
