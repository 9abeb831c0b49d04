/* Counts the frames of a backtrace on another stack than the thread's own, and at a thread's start. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <stdlib.h>

/* The unwinders of GCC and LLVM declare their functions in <unwind.h>, which MSVC does not have. */
#include <unwind.h>

/* Size in bytes of each stack. */
#define STACK_SIZE ((size_t)256 << 10)
/* Number of frames after which a backtrace counts as endless. */
#define MOST_FRAMES 64

struct run {
    csrc_callback *callback;
    const char *where;
    int error;
};

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *context, void *arg)
{
    int *frames = arg;

    (void)context;
    (*frames)++;
    return *frames > MOST_FRAMES ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static void count(void *arg)
{
    struct run *run = arg;
    int frames = 0;

    run->callback();
    _Unwind_Backtrace(count_frame, &frames);
    if (frames > MOST_FRAMES) {
        run->error = csrc_wrong("%s, a backtrace does not end after %d frames", run->where, MOST_FRAMES);
    } else if (frames < 2) {
        run->error = csrc_wrong("%s, a backtrace ends after %d frames", run->where, frames);
    }
}

/*
 * The scenario does not use the switcher by sigaltstack, because the first frame on the stack of
 * this switcher returns to the frame of a signal, whose interrupted frames no longer exist.
 */
static int on_stack(csrc_on_stack *switcher, struct run *run)
{
    char *stack = malloc(STACK_SIZE);
    int error = stack == NULL ? ENOMEM : csrc_switch(switcher, stack, STACK_SIZE, count, run);

    free(stack);
    return error == ENOTSUP ? 0 : error;
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    run->where = "on a thread's own stack";
    count(run);
    if (run->error == 0) {
        run->where = "on a stack of makecontext";
        run->error = on_stack(csrc_on_stack_ucontext, run);
    }
    if (run->error == 0) {
        run->where = "on a stack of the switch in assembly";
        run->error = on_stack(csrc_on_stack_assembly, run);
    }
}

int csrc_switch_backtrace(csrc_callback *callback)
{
    struct run run = {callback, NULL, 0};
    int error = csrc_thread(on_thread, &run);

    return error != 0 ? error : run.error;
}
#else
int csrc_switch_backtrace(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
