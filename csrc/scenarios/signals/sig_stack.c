/* Checks that callbacks leave a thread's alternate signal stack as the thread has set it. */
#define _DEFAULT_SOURCE /* for MAP_ANON */
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

/*
 * Size in bytes of an alternate stack, large enough for the frame of a signal on every processor.
 */
#define STACK_SIZE ((size_t)128 << 10)

struct run {
    csrc_callback *callback;
    int error;
};

static _Thread_local volatile uintptr_t handler_at;

static void handler(int number)
{
    (void)number;
    handler_at = CSRC_FRAME;
}

/* Returns 0 if the calling thread's alternate stack is `stack`, or disabled if `stack` is NULL. */
static int stack_is(const char *stack, const char *when)
{
    stack_t now = {0};

    if (sigaltstack(NULL, &now) == -1) {
        return errno;
    }
    if (stack == NULL) {
        return (now.ss_flags & SS_DISABLE) != 0 ? 0 : csrc_wrong("%s, the thread has an alternate stack", when);
    }
    if ((now.ss_flags & SS_DISABLE) != 0 || now.ss_sp != stack || now.ss_size != STACK_SIZE) {
        return csrc_wrong("%s, the alternate stack is not the stack that the thread has set", when);
    }
    return 0;
}

static int handler_runs_on(const char *stack)
{
    handler_at = 0;
    raise(SIGUSR1);
    if (handler_at <= (uintptr_t)stack || handler_at > (uintptr_t)stack + STACK_SIZE) {
        return csrc_wrong("the signal handler did not run on the thread's alternate stack");
    }
    return 0;
}

static int use(char *stack, csrc_callback *callback)
{
    stack_t set = {.ss_sp = stack, .ss_size = STACK_SIZE};
    int error = sigaltstack(&set, NULL) == -1 ? errno : 0;

    if (error == 0) {
        callback();
        error = stack_is(stack, "after a callback");
    }
    return error != 0 ? error : handler_runs_on(stack);
}

/*
 * Calls back with two alternate stacks in turn. A stack that is no longer the alternate stack
 * becomes inaccessible, so a late use of the stack would kill the process.
 */
static void with_own_stacks(void *arg)
{
    struct run *run = arg;
    const stack_t off = {.ss_flags = SS_DISABLE, .ss_size = STACK_SIZE};
    char *stacks[2];
    int i;

    for (i = 0; i < 2 && run->error == 0; i++) {
        stacks[i] = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
        if (stacks[i] == MAP_FAILED) {
            run->error = errno;
            return;
        }
        run->error = use(stacks[i], run->callback);
        if (run->error == 0 && i == 1) {
            run->error = mprotect(stacks[0], STACK_SIZE, PROT_NONE) == -1 ? errno : 0;
            run->callback();
            raise(SIGUSR1);
        }
    }
    if (run->error == 0 && sigaltstack(&off, NULL) == -1) {
        run->error = errno;
    }
    if (run->error == 0) {
        munmap(stacks[0], STACK_SIZE);
        munmap(stacks[1], STACK_SIZE);
        run->callback();
        raise(SIGUSR1);
        run->error = stack_is(NULL, "after a callback of a thread that has disabled its alternate stack");
    }
}

static void without_stack(void *arg)
{
    struct run *run = arg;

    run->callback();
    raise(SIGUSR1);
    run->callback();
    run->error = stack_is(NULL, "after a callback of a thread that has set no alternate stack");
}

int csrc_sig_stack(csrc_callback *callback)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    struct run run = {callback, 0};
    int error = 0;
    int turn;

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, NULL) == -1) {
        return errno;
    }
    for (turn = 0; turn < 4 && error == 0; turn++) {
        error = csrc_thread(turn % 2 == 0 ? with_own_stacks : without_stack, &run);
        error = error != 0 ? error : run.error;
    }
    return error;
}
#else
int csrc_sig_stack(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
