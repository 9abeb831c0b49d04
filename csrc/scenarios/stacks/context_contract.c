/*
 * Checks what POSIX.1-2001 promises of makecontext and swapcontext: the arguments of a context's
 * function, the order of contexts that uc_link connects, and the return values.
 */
#define _XOPEN_SOURCE 600
#include "../../testprog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __APPLE__
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
#if HAVE_UCONTEXT
#include <ucontext.h>

/*
 * Size of a stack in bytes. The size is no multiple of 16, so that makecontext must align the stack
 * pointer.
 */
#define STACK_SIZE (((size_t)64 << 10) - 40)

static int order[3];
static int visited;
static int wrong_arguments;

static void first(int a, int b, int c, int d, int e, int f, int g, int h)
{
    wrong_arguments += a != 1 || b != -2 || c != 3 || d != -4 || e != 5 || f != -6 || g != 7 || h != -8;
    order[visited++] = 1;
}

static void second(void)
{
    order[visited++] = 2;
}

static int run(char *stacks)
{
    ucontext_t here, one, two;

    if (getcontext(&one) != 0 || getcontext(&two) != 0) {
        return csrc_wrong("getcontext returned a value other than 0");
    }
    one.uc_stack.ss_sp = stacks;
    one.uc_stack.ss_size = STACK_SIZE;
    one.uc_link = &two;
    two.uc_stack.ss_sp = stacks + STACK_SIZE;
    two.uc_stack.ss_size = STACK_SIZE;
    two.uc_link = &here;
    /*
     * POSIX requires the cast of the context's function, because makecontext takes a function
     * without parameters and passes the arguments as ints.
     */
    makecontext(&one, (void (*)(void))first, 8, 1, -2, 3, -4, 5, -6, 7, -8);
    makecontext(&two, second, 0);
    fputs("about to run two contexts\n", stderr);
    if (swapcontext(&here, &one) != 0) {
        return csrc_wrong("swapcontext returned a value other than 0");
    }
    if (visited != 2 || order[0] != 1 || order[1] != 2) {
        return csrc_wrong("%d contexts ran instead of 2, or in the wrong order", visited);
    }
    return wrong_arguments == 0 ? 0 : csrc_wrong("the function of a context got wrong arguments");
}

int csrc_context_contract(void)
{
    char *stacks = malloc(2 * STACK_SIZE);
    int error = stacks == NULL ? ENOMEM : run(stacks);

    free(stacks);
    return error;
}
#else
int csrc_context_contract(void)
{
    return ENOTSUP;
}
#endif
