/*
 * Switches stacks with a few instructions, as the crate stacker does: the assembly code calls a
 * function with another stack pointer, and restores the old stack pointer when the function
 * returns. The assembly code calls no function of the C library.
 *
 * A shadow stack (Intel CET, Arm GCS) stays correct, because each call instruction has a matching
 * return instruction.
 */
#include "../testprog.h"
#include "sanitizer.h"

#include <errno.h>

#if HAVE_ASSEMBLY
/*
 * Calls body(arg) with `top` as the stack pointer. The argument `lowest` is the stack's lowest
 * address, and only the code for Windows uses `lowest`. The name in __asm__ is the name in the
 * assembly code, because the compilers of some systems put an underscore before the name of a C
 * function.
 */
void call_on(void *top, void (*body)(void *), void *arg, void *lowest) __asm__("testprog_call_on");

/*
 * The directives .cfi_* tell a debugger or an unwinder where the old stack pointer is, so a
 * backtrace continues on the old stack.
 */
#define BEGIN ".text\n.globl testprog_call_on\n.balign 16\n"

#if defined(__x86_64__) && defined(_WIN32)
/*
 * Windows keeps the bounds of the stack in use in the thread environment block (TEB). The bounds
 * are StackBase at gs:0x08, StackLimit at gs:0x10 and DeallocationStack at gs:0x1478. Windows
 * dispatches an exception only to handlers whose frames lie within the bounds in the TEB. The 32
 * bytes that the code subtracts are the area in which the called function may store its arguments.
 *
 * The field ExceptionList at gs:0x00 has the value -1 on the new stack, as in a new fiber. Wine keeps
 * a list of handlers on the old stack there, and with this list, no exception on a stack at higher
 * addresses reaches its handler.
 */
__asm__(BEGIN ".def testprog_call_on; .scl 2; .type 32; .endef\n"
              ".seh_proc testprog_call_on\n"
              "testprog_call_on:\n"
              "  pushq %rbp\n  .seh_pushreg %rbp\n"
              "  pushq %rbx\n  .seh_pushreg %rbx\n"
              "  pushq %rsi\n  .seh_pushreg %rsi\n"
              "  pushq %rdi\n  .seh_pushreg %rdi\n"
              "  pushq %r12\n  .seh_pushreg %r12\n"
              "  movq %rsp, %rbp\n  .seh_setframe %rbp, 0\n"
              "  .seh_endprologue\n"
              "  movq %gs:0x00, %r12\n  movq $-1, %gs:0x00\n"
              "  movq %gs:0x08, %rbx\n  movq %gs:0x10, %rsi\n  movq %gs:0x1478, %rdi\n"
              "  movq %rcx, %gs:0x08\n  movq %r9, %gs:0x10\n  movq %r9, %gs:0x1478\n"
              "  leaq -32(%rcx), %rsp\n"
              "  movq %r8, %rcx\n"
              "  callq *%rdx\n"
              "  movq %r12, %gs:0x00\n"
              "  movq %rbx, %gs:0x08\n  movq %rsi, %gs:0x10\n  movq %rdi, %gs:0x1478\n"
              "  movq %rbp, %rsp\n"
              "  popq %r12\n  popq %rdi\n  popq %rsi\n  popq %rbx\n  popq %rbp\n"
              "  retq\n"
              ".seh_endproc\n");
#elif defined(__x86_64__)
__asm__(BEGIN "testprog_call_on:\n"
              ".cfi_startproc\n"
              "  pushq %rbp\n  .cfi_def_cfa_offset 16\n  .cfi_offset %rbp, -16\n"
              "  movq %rsp, %rbp\n  .cfi_def_cfa_register %rbp\n"
              "  movq %rdi, %rsp\n"
              "  movq %rdx, %rdi\n"
              "  callq *%rsi\n"
              "  movq %rbp, %rsp\n"
              "  popq %rbp\n  .cfi_def_cfa %rsp, 8\n"
              "  retq\n"
              ".cfi_endproc\n");
#elif defined(__i386__)
/* The 12 bytes before the argument keep the stack pointer a multiple of 16 at the call. */
__asm__(BEGIN "testprog_call_on:\n"
              ".cfi_startproc\n"
              "  pushl %ebp\n  .cfi_def_cfa_offset 8\n  .cfi_offset %ebp, -8\n"
              "  movl %esp, %ebp\n  .cfi_def_cfa_register %ebp\n"
              "  movl 12(%ebp), %eax\n"
              "  movl 16(%ebp), %ecx\n"
              "  movl 8(%ebp), %esp\n"
              "  subl $12, %esp\n"
              "  pushl %ecx\n"
              "  calll *%eax\n"
              "  movl %ebp, %esp\n"
              "  popl %ebp\n  .cfi_def_cfa %esp, 4\n"
              "  retl\n"
              ".cfi_endproc\n");
#elif defined(__aarch64__)
/* The instruction `hint #34` is `bti c`, which marks a function that may be called by a pointer. */
__asm__(BEGIN "testprog_call_on:\n"
              ".cfi_startproc\n"
              "  hint #34\n"
              "  stp x29, x30, [sp, #-16]!\n"
              "  mov x29, sp\n  .cfi_def_cfa x29, 16\n  .cfi_offset x29, -16\n  .cfi_offset x30, -8\n"
              "  mov sp, x0\n"
              "  mov x0, x2\n"
              "  blr x1\n"
              "  mov sp, x29\n"
              "  ldp x29, x30, [sp], #16\n  .cfi_def_cfa sp, 0\n"
              "  ret\n"
              ".cfi_endproc\n");
#elif defined(__riscv) && __riscv_xlen == 64
__asm__(BEGIN "testprog_call_on:\n"
              ".cfi_startproc\n"
              "  addi sp, sp, -16\n"
              "  sd ra, 8(sp)\n"
              "  sd s0, 0(sp)\n"
              "  addi s0, sp, 16\n  .cfi_def_cfa s0, 0\n  .cfi_offset ra, -8\n  .cfi_offset s0, -16\n"
              "  mv sp, a0\n"
              "  mv a0, a2\n"
              "  jalr a1\n"
              "  addi sp, s0, -16\n"
              "  ld ra, 8(sp)\n"
              "  ld s0, 0(sp)\n"
              "  addi sp, sp, 16\n  .cfi_def_cfa sp, 0\n"
              "  ret\n"
              ".cfi_endproc\n");
#elif defined(__arm__)
/*
 * This assembly code uses the instruction set A32, even if the compiler compiles C to T32 (Thumb).
 */
__asm__(BEGIN ".syntax unified\n"
              ".arm\n"
              ".type testprog_call_on, %function\n"
              "testprog_call_on:\n"
              ".fnstart\n"
              "  push {r11, lr}\n  .save {r11, lr}\n"
              "  mov r11, sp\n  .setfp r11, sp\n"
              "  mov sp, r0\n"
              "  mov r0, r2\n"
              "  blx r1\n"
              "  mov sp, r11\n"
              "  pop {r11, pc}\n"
              ".fnend\n"
#ifdef __thumb__
              ".thumb\n"
#endif
);
#elif defined(__s390x__)
/*
 * On s390x, a called function may store registers in the 160 bytes above its caller's stack
 * pointer.
 */
__asm__(BEGIN "testprog_call_on:\n"
              ".cfi_startproc\n"
              "  stmg %r11, %r15, 88(%r15)\n  .cfi_offset %r11, -72\n  .cfi_offset %r14, -48\n  .cfi_offset %r15, -40\n"
              "  lgr %r11, %r15\n  .cfi_def_cfa_register %r11\n"
              "  aghi %r2, -160\n"
              "  lgr %r15, %r2\n"
              "  lgr %r2, %r4\n"
              "  basr %r14, %r3\n"
              "  lmg %r11, %r15, 88(%r11)\n  .cfi_def_cfa %r15, 160\n"
              "  br %r14\n"
              ".cfi_endproc\n");
#elif !defined(PROBE_H)
#error "harness/src/capability.rs says that this file has a stack switch for this processor"
#endif

struct start {
    void (*body)(void *);
    void *arg;
    struct left_stack left;
};

static void enter(void *arg)
{
    struct start *start = arg;

    arrive_from(&start->left);
    start->body(start->arg);
    go_back_to(&start->left);
}

int csrc_on_stack_assembly(void *stack, size_t size, void (*body)(void *), void *arg)
{
    struct start start = {body, arg, {0}};
    /* Every supported ABI accepts a stack pointer that is a multiple of 16. */
    void *top = (void *)(((uintptr_t)stack + size) / 16 * 16);

    leave_for(&start.left, stack, size);
    call_on(top, enter, &start, stack);
    be_back_on(&start.left);
    return 0;
}
#else
int csrc_on_stack_assembly(void *stack, size_t size, void (*body)(void *), void *arg)
{
    (void)stack;
    (void)size;
    (void)body;
    (void)arg;
    return ENOTSUP;
}
#endif
