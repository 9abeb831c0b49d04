/*
 * Leaves a callback by a jump on a thread that then ends, and calls back on the next thread from
 * deeper in the stack.
 */
#include "../../testprog.h"

#include <setjmp.h>

/*
 * Depth of the next thread's callback in bytes. The next thread may have the stack of the ended
 * thread, and must be below the ended thread's call of C, which the runtime compares with the stack
 * pointer.
 */
#define DEEPER ((size_t)32 << 10)

struct run {
    csrc_callback *first;
    csrc_callback *next;
};

static jmp_buf before;

static void on_first(void *arg)
{
    const struct run *run = arg;

    if (setjmp(before) == 0) {
        run->first();
    }
}

/* Jumps out of the callback that is in progress. */
void csrc_reused_machine_jump(void)
{
    longjmp(before, 1);
}

static void call_next(void *arg)
{
    const struct run *run = arg;

    run->next();
}

static void on_next(void *arg)
{
    csrc_deeper(DEEPER, call_next, arg);
}

int csrc_reused_machine(csrc_callback *first, csrc_callback *next)
{
    struct run run = {first, next};
    int error = csrc_thread(on_first, &run);

    return error != 0 ? error : csrc_thread(on_next, &run);
}
