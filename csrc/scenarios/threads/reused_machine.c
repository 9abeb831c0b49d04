/*
 * Leaves a callback by longjmp on one thread, which then exits. The next thread calls back from
 * deeper in its stack.
 */
#include "../../testprog.h"

#include <setjmp.h>

/*
 * Depth of the next thread's callback in bytes. The next thread may get the stack of the ended
 * thread. The depth puts the next thread's callback below the ended thread's call of C, because the
 * runtime compares the stack pointers of both.
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
