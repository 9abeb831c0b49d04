/*
 * Switches to another stack and back, and checks that the stack pointer on the other stack is
 * aligned, and that the callee-saved registers, the rounding mode and the signal mask are the same
 * after the switch back.
 */
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>
#ifndef _WIN32
#include <signal.h>
#endif

/*
 * Size of the other stack in bytes. The size is no multiple of 16, so that the switcher must align
 * the stack pointer.
 */
#define STACK_SIZE (((size_t)64 << 10) - 24)

struct run {
    char *stack;
    int switched;
    int rounds_up;
    int is_aligned;
    int error;
};

static void on_stack(void *arg)
{
    struct run *run = arg;
    _Alignas(max_align_t) char aligned;
    /* Without volatile, the compiler may assume that the address is aligned. */
    volatile uintptr_t address = (uintptr_t)&aligned;

    run->is_aligned = address % _Alignof(max_align_t) == 0;
    run->rounds_up = csrc_rounds_up();
}

static void there_and_back(void *arg)
{
    struct run *run = arg;

    run->switched = csrc_switch(csrc_on_stack_any, run->stack, STACK_SIZE, on_stack, run);
}

static int check(struct run *run)
{
    int error = csrc_keeps_registers("a stack switch", there_and_back, run);

    if (run->switched != 0) {
        return run->switched;
    }
    if (!run->is_aligned) {
        return csrc_wrong("the stack pointer on the other stack is misaligned");
    }
    if (!run->rounds_up) {
        return csrc_wrong("the switch to the other stack changed the rounding mode");
    }
    if (!csrc_rounds_up()) {
        return csrc_wrong("the switch back changed the rounding mode");
    }
    return error;
}

static void on_thread(void *arg)
{
    struct run *run = arg;
#ifndef _WIN32
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
#endif
    csrc_round_up(1);
    run->error = check(run);
    csrc_round_up(0);
#ifndef _WIN32
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    if (run->error == 0 && !sigismember(&mask, SIGUSR1)) {
        run->error = csrc_wrong("the stack switch unblocked a signal");
    }
    if (run->error == 0 && sigismember(&mask, SIGUSR2)) {
        run->error = csrc_wrong("the stack switch left a signal blocked");
    }
#endif
}

int csrc_switch_keeps_state(void)
{
    struct run run = {malloc(STACK_SIZE), 0, 0, 0, 0};
    int error = run.stack == NULL ? ENOMEM : csrc_thread(on_thread, &run);

    free(run.stack);
    return error != 0 ? error : run.error;
}
