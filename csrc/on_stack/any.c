/*
 * Switches stacks by a method that the target supports, and checks that the function `body` runs on
 * the requested stack.
 */
#include "../testprog.h"

#include <errno.h>

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

/*
 * Valgrind treats the frame of a returned signal handler as freed memory, and ThreadSanitizer
 * supports longjmp only within one stack.
 */
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define ALTSTACK_WORKS 0
#endif
#endif
#if defined(TESTPROG_VALGRIND) || defined(__SANITIZE_THREAD__)
#undef ALTSTACK_WORKS
#define ALTSTACK_WORKS 0
#endif
#ifndef ALTSTACK_WORKS
#define ALTSTACK_WORKS 1
#endif

const int csrc_altstack_works = ALTSTACK_WORKS;

const struct csrc_switcher csrc_switchers[] = {
#if HAVE_UCONTEXT
    {"swapcontext", csrc_on_stack_ucontext},
#endif
#if HAVE_ASSEMBLY
    {"assembly", csrc_on_stack_assembly},
#endif
#if HAVE_ALTSTACK && ALTSTACK_WORKS
    {"sigaltstack", csrc_on_stack_altstack},
#endif
#ifdef _MSC_VER
    {"corosensei", csrc_on_stack_coroutine},
#endif
    {NULL, NULL},
};

static csrc_on_stack *chosen;

void csrc_use_switcher(csrc_on_stack *on_stack)
{
    chosen = on_stack;
}

int csrc_on_stack_any(void *stack, size_t size, void (*body)(void *), void *arg)
{
    csrc_on_stack *on_stack = chosen != NULL ? chosen : csrc_switchers[0].on_stack;

    return on_stack != NULL ? on_stack(stack, size, body, arg) : ENOTSUP;
}

struct visit {
    uintptr_t lo;
    uintptr_t hi;
    void (*body)(void *);
    void *arg;
    /* Whether the system has allocated the stack, so that the stack may be at any address. */
    int is_elsewhere;
    int is_there;
};

static void check(void *arg)
{
    struct visit *visit = arg;
    uintptr_t sp = CSRC_FRAME;

    visit->is_there = visit->is_elsewhere || (visit->lo < sp && sp <= visit->hi);
    if (visit->is_there) {
        visit->body(visit->arg);
    }
}

int csrc_switch(csrc_on_stack *on_stack, void *stack, size_t size, void (*body)(void *), void *arg)
{
    int is_fiber = on_stack == csrc_on_stack_fiber || (on_stack == csrc_on_stack_any && chosen == csrc_on_stack_fiber);
    struct visit visit = {(uintptr_t)stack, (uintptr_t)stack + size, body, arg, is_fiber, 0};
    unsigned id = VALGRIND_STACK_REGISTER(visit.lo, visit.hi - 1);
    int error = on_stack(stack, size, check, &visit);

    VALGRIND_STACK_DEREGISTER(id);
    return error != 0 || visit.is_there ? error : EFAULT;
}
