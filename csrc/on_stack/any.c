/*
 * Switches stacks by a method that the target supports, and checks that the function `body` runs on
 * the requested stack.
 */
#include "../testprog.h"

#include <errno.h>

#ifdef _MSC_VER
#include <intrin.h>
#define FRAME _AddressOfReturnAddress()
#else
#define FRAME __builtin_frame_address(0)
#endif

/*
 * The script `.ci/soundness` defines TESTPROG_VALGRIND when it runs the child under valgrind.
 * Without calls of VALGRIND_STACK_REGISTER, valgrind mistakes a stack switch for a large stack
 * frame.
 */
#ifdef TESTPROG_VALGRIND
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(lo, hi) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

#if HAVE_UCONTEXT
int csrc_on_stack_any(void *stack, size_t size, void (*body)(void *), void *arg)
{
    return csrc_on_stack_ucontext(stack, size, body, arg);
}
#else
int csrc_on_stack_any(void *stack, size_t size, void (*body)(void *), void *arg)
{
    return csrc_on_stack_altstack(stack, size, body, arg);
}
#endif

struct visit {
    uintptr_t lo;
    uintptr_t hi;
    void (*body)(void *);
    void *arg;
    int is_there;
};

static void check(void *arg)
{
    struct visit *visit = arg;
    /*
     * AddressSanitizer may move local variables off the stack, so the check uses the address of the
     * stack frame.
     */
    uintptr_t sp = (uintptr_t)FRAME;

    visit->is_there = visit->lo < sp && sp <= visit->hi;
    if (visit->is_there) {
        visit->body(visit->arg);
    }
}

int csrc_switch(csrc_on_stack *on_stack, void *stack, size_t size, void (*body)(void *), void *arg)
{
    struct visit visit = {(uintptr_t)stack, (uintptr_t)stack + size, body, arg, 0};
    unsigned id = VALGRIND_STACK_REGISTER(visit.lo, visit.hi - 1);
    int error = on_stack(stack, size, check, &visit);

    VALGRIND_STACK_DEREGISTER(id);
    return error != 0 || visit.is_there ? error : EFAULT;
}
