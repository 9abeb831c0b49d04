/* Runs the loops of callbacks that the benchmark `callback` measures. */
#define _XOPEN_SOURCE 600 /* for swapcontext, as in csrc/on_stack/ucontext.c */
#include "../testprog.h"

#include <errno.h>

void csrc_bench_calls(size_t n, csrc_callback *callback)
{
    for (; n > 0; n--) {
        callback();
    }
}

#if HAVE_UCONTEXT
#ifdef __APPLE__
/*
 * macOS 10.6 and later still has getcontext, makecontext and swapcontext, but marks these functions
 * as deprecated.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
#include <ucontext.h>

struct alternation {
    size_t left;
    csrc_callback *callback;
    ucontext_t home;
    ucontext_t contexts[2];
};

/*
 * Argument of the function `enter`, passed in a thread-local variable because makecontext passes
 * only ints, and an int may be too small for a pointer.
 */
static _Thread_local struct alternation *current;

static void enter(int index)
{
    struct alternation *alternation = current;

    while (alternation->left > 0) {
        alternation->left--;
        alternation->callback();
        swapcontext(&alternation->contexts[index], &alternation->contexts[1 - index]);
    }
}

static int prepare(ucontext_t *context, int index, char *stack, size_t size, ucontext_t *home)
{
    if (getcontext(context) == -1) {
        return errno;
    }
    context->uc_stack.ss_sp = stack;
    context->uc_stack.ss_size = size;
    context->uc_link = home;
    makecontext(context, (void (*)(void))enter, 1, index);
    return 0;
}

int csrc_bench_swapcontext(size_t n, csrc_callback *callback, char *stacks, size_t size)
{
    struct alternation alternation;
    ucontext_t *contexts = alternation.contexts;
    int error = prepare(&contexts[0], 0, stacks, size, &alternation.home);

    if (error == 0) {
        error = prepare(&contexts[1], 1, stacks + size, size, &alternation.home);
    }
    if (error == 0) {
        alternation.left = n;
        alternation.callback = callback;
        current = &alternation;
        error = swapcontext(&alternation.home, &contexts[0]) == -1 ? errno : 0;
    }
    return error;
}
#else
int csrc_bench_swapcontext(size_t n, csrc_callback *callback, char *stacks, size_t size)
{
    (void)n;
    (void)callback;
    (void)stacks;
    (void)size;
    return ENOTSUP;
}
#endif
