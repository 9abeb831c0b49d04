/* Leaves callbacks that signal handlers have made, by siglongjmp. */
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

/* Size in bytes of the signal stack, large enough for a callback in a debug build. */
#define SIGNAL_STACK ((size_t)128 << 10)
/*
 * Processor time in microseconds after which the process counts as hung. A thread that waits for a
 * `Machine` in a handler uses its processor all the time.
 */
#define LONGEST 300000

struct run {
    csrc_callback *callback;
    int on_signal_stack;
    int error;
};

static csrc_callback *in_handler;
static csrc_callback *in_quiet_handler;
static _Thread_local sigjmp_buf before_signal;

/* The callback that the handler of SIGUSR1 makes calls this function. */
void csrc_jump_out(void)
{
    siglongjmp(before_signal, 1);
}

static void handler(int signal)
{
    if (signal == SIGUSR1) {
        in_handler();
    } else {
        in_quiet_handler();
    }
}

static void jump_out_often(void)
{
    volatile int count;

    for (count = 0; count < 3; count++) {
        if (sigsetjmp(before_signal, 1) == 0) {
            raise(SIGUSR1);
        }
    }
}

static void handle_quietly(void *arg)
{
    (void)arg;
    raise(SIGUSR2);
}

static void call(void *arg)
{
    const struct run *run = arg;

    run->callback();
}

/*
 * Leaves signal handlers by a jump, handles a signal on another thread, makes this thread's first
 * callback outside of handlers, and leaves signal handlers again.
 */
static void on_thread(void *arg)
{
    struct run *run = arg;
    stack_t stack = {.ss_size = SIGNAL_STACK, .ss_sp = malloc(SIGNAL_STACK)};

    if (stack.ss_sp == NULL || (run->on_signal_stack && sigaltstack(&stack, NULL) == -1)) {
        run->error = errno;
        free(stack.ss_sp);
        return;
    }
    jump_out_often();
    run->error = csrc_thread(handle_quietly, NULL);
    run->callback();
    jump_out_often();
    csrc_deeper(4096, call, run);
    raise(SIGUSR2);
    run->callback();
    if (run->on_signal_stack) {
        stack.ss_flags = SS_DISABLE;
        sigaltstack(&stack, NULL);
    }
    free(stack.ss_sp);
}

int csrc_jump_out_of_handler(int on_signal_stack, csrc_callback *callback, csrc_callback *jump, csrc_callback *quiet)
{
    struct run run = {callback, on_signal_stack, 0};
    const struct itimerval limit = {.it_value = {.tv_usec = LONGEST}};
    const struct itimerval none = {{0, 0}, {0, 0}};
    struct sigaction action = {0};
    int error;

    in_handler = jump;
    in_quiet_handler = quiet;
    sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    action.sa_flags = on_signal_stack ? SA_ONSTACK : 0;
    if (sigaction(SIGUSR1, &action, NULL) == -1 || sigaction(SIGUSR2, &action, NULL) == -1) {
        return errno;
    }
    if (setitimer(ITIMER_PROF, &limit, NULL) == -1) {
        return errno;
    }
    error = csrc_thread(on_thread, &run);
    setitimer(ITIMER_PROF, &none, NULL);
    return error != 0 ? error : run.error;
}
#else
void csrc_jump_out(void)
{
}

int csrc_jump_out_of_handler(int on_signal_stack, csrc_callback *callback, csrc_callback *jump, csrc_callback *quiet)
{
    (void)on_signal_stack;
    (void)callback;
    (void)jump;
    (void)quiet;
    return ENOTSUP;
}
#endif
