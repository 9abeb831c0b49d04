/* Raises a signal in a callback, and another signal in the handler's callback. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <signal.h>
#include <stdlib.h>

#define SIGNAL_STACK ((size_t)256 << 10)
/*
 * Number of bytes of the stack between the frames of the two handlers, so that the handlers have
 * different stack bounds.
 */
#define DISTANCE 4096

struct run {
    csrc_callback *callback;
    void *signal_stack;
    int error;
};

static csrc_callback *call_outer;
static csrc_callback *call_inner;

static void call(void *arg)
{
    (void)arg;
    call_inner();
}

static void handler(int number)
{
    int saved = errno;

    if (number == SIGUSR1) {
        call_outer();
    } else {
        csrc_deeper(DISTANCE, call, NULL);
    }
    errno = saved;
}

/* Raises the first signal, or the second signal if `level` is 2. */
void csrc_signal_in_handler_raise(int level)
{
    raise(level == 2 ? SIGUSR2 : SIGUSR1);
}

static void on_thread(void *arg)
{
    struct run *run = arg;
    stack_t stack = {0};
    stack_t off = {0};

    stack.ss_sp = run->signal_stack;
    stack.ss_size = SIGNAL_STACK;
    off.ss_flags = SS_DISABLE;
    if (sigaltstack(&stack, NULL) == -1) {
        run->error = errno;
        return;
    }
    run->callback();
    run->callback();
    sigaltstack(&off, NULL);
}

int csrc_signal_in_handler(csrc_callback *callback, csrc_callback *outer, csrc_callback *inner)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    struct run run = {callback, malloc(SIGNAL_STACK), 0};
    int error = run.signal_stack == NULL ? ENOMEM : 0;

    call_outer = outer;
    call_inner = inner;
    sigemptyset(&action.sa_mask);
    if (error == 0 && (sigaction(SIGUSR1, &action, NULL) == -1 || sigaction(SIGUSR2, &action, NULL) == -1)) {
        error = errno;
    }
    if (error == 0) {
        error = csrc_thread(on_thread, &run);
    }
    free(run.signal_stack);
    return error != 0 ? error : run.error;
}
#else
void csrc_signal_in_handler_raise(int level)
{
    (void)level;
}

int csrc_signal_in_handler(csrc_callback *callback, csrc_callback *outer, csrc_callback *inner)
{
    (void)callback;
    (void)outer;
    (void)inner;
    return ENOTSUP;
}
#endif
