/* Handles signals while a thread runs on another stack than its own. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* Size in bytes of each stack, large enough for a callback of a debug build in a signal handler. */
#define STACK_SIZE ((size_t)256 << 10)

struct run {
    csrc_callback *callback;
    char *stack;
    char *signal_stack;
    int error;
};

static csrc_callback *call_in_handler;
static volatile uintptr_t handler_at;

static void handler(int number)
{
    int saved = errno;

    (void)number;
    handler_at = CSRC_FRAME;
    call_in_handler();
    errno = saved;
}

static int raise_on(int number, const char *stack, const char *name)
{
    handler_at = 0;
    raise(number);
    if (handler_at <= (uintptr_t)stack || handler_at > (uintptr_t)stack + STACK_SIZE) {
        return csrc_wrong("a handler did not run on the %s", name);
    }
    return 0;
}

static void on_stack(void *arg)
{
    struct run *run = arg;

    run->callback();
    run->error = raise_on(SIGUSR1, run->stack, "stack in use");
    if (run->error == 0) {
        run->error = raise_on(SIGUSR2, run->signal_stack, "alternate signal stack");
    }
    run->callback();
}

static void on_thread(void *arg)
{
    struct run *run = arg;
    const stack_t set = {.ss_sp = run->signal_stack, .ss_size = STACK_SIZE};
    const stack_t off = {.ss_flags = SS_DISABLE, .ss_size = STACK_SIZE};
    int error;

    if (sigaltstack(&set, NULL) == -1) {
        run->error = errno;
        return;
    }
    run->callback();
    error = csrc_switch(csrc_on_stack_any, run->stack, STACK_SIZE, on_stack, run);
    run->error = error != 0 ? error : run->error;
    run->callback();
    sigaltstack(&off, NULL);
}

/*
 * Calls back four times: from a thread's own stack, twice from another stack, and again from the
 * thread's own stack. Calls `in_handler` twice, in signal handlers that interrupt the other stack.
 */
int csrc_signal_on_switched_stack(csrc_callback *callback, csrc_callback *in_handler)
{
    struct sigaction action = {.sa_handler = handler};
    struct run run = {callback, malloc(STACK_SIZE), malloc(STACK_SIZE), 0};
    int error = run.stack == NULL || run.signal_stack == NULL ? ENOMEM : 0;

    call_in_handler = in_handler;
    sigemptyset(&action.sa_mask);
    if (error == 0 && sigaction(SIGUSR1, &action, NULL) == -1) {
        error = errno;
    }
    action.sa_flags = SA_ONSTACK;
    if (error == 0 && sigaction(SIGUSR2, &action, NULL) == -1) {
        error = errno;
    }
    if (error == 0) {
        error = csrc_thread(on_thread, &run);
    }
    free(run.stack);
    free(run.signal_stack);
    return error != 0 ? error : run.error;
}
#else
int csrc_signal_on_switched_stack(csrc_callback *callback, csrc_callback *in_handler)
{
    (void)callback;
    (void)in_handler;
    return ENOTSUP;
}
#endif
