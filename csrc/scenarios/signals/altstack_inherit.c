/* Checks which threads and processes inherit an alternate signal stack. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define STACK_SIZE ((size_t)128 << 10)

static volatile sig_atomic_t flags_in_handler;
static volatile sig_atomic_t change_in_handler;

static void handler(int number)
{
    stack_t now = {0};
    const stack_t off = {.ss_flags = SS_DISABLE};
    int saved = errno;

    (void)number;
    sigaltstack(NULL, &now);
    flags_in_handler = now.ss_flags;
    change_in_handler = sigaltstack(&off, NULL) == -1 ? errno : 0;
    errno = saved;
}

/* Stores the flags of a new thread's alternate stack in *arg. */
static void new_thread(void *arg)
{
    stack_t now = {0};

    sigaltstack(NULL, &now);
    *(int *)arg = now.ss_flags;
}

static int check(char *stack)
{
    const stack_t set = {.ss_sp = stack, .ss_size = STACK_SIZE};
    const stack_t off = {.ss_flags = SS_DISABLE, .ss_size = 0};
    stack_t now = {0};
    int flags = -1;
    int error;
    pid_t child;

    if (sigaltstack(&set, NULL) == -1) {
        return errno;
    }
    error = csrc_thread(new_thread, &flags);
    if (error != 0) {
        return error;
    }
    if ((flags & SS_DISABLE) == 0) {
        return csrc_wrong("a new thread has the alternate stack of the thread that created it");
    }
    child = fork();
    if (child == 0) {
        sigaltstack(NULL, &now);
        _exit(now.ss_sp == stack && (now.ss_flags & SS_DISABLE) == 0 ? 0 : 3);
    }
    if (child == -1) {
        return errno;
    }
    if (csrc_end_of(child) != 0) {
        return csrc_wrong("a child of fork does not have its parent's alternate stack");
    }
    raise(SIGUSR1);
    if (flags_in_handler != SS_ONSTACK) {
        return csrc_wrong("in a handler on the alternate stack, the flags are %d instead of SS_ONSTACK",
                          (int)flags_in_handler);
    }
    if (change_in_handler != EPERM) {
        return csrc_wrong(
            "in a handler on the alternate stack, disabling the stack fails with errno %d instead of EPERM",
            (int)change_in_handler);
    }
    if (sigaltstack(NULL, &now) == -1 || now.ss_flags != 0) {
        return csrc_wrong("after the handler, the flags of the alternate stack are %d instead of 0", now.ss_flags);
    }
    if (sigaltstack(&off, &now) == -1) {
        return csrc_wrong("disabling the alternate stack with size 0 failed with errno %d", errno);
    }
    if (now.ss_sp != stack || now.ss_size != STACK_SIZE || now.ss_flags != 0) {
        return csrc_wrong("sigaltstack returned a wrong old alternate stack");
    }
    return sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) != 0
               ? 0
               : csrc_wrong("the alternate stack is still there after it was disabled");
}

static void on_thread(void *arg)
{
    char *stack = malloc(STACK_SIZE);

    *(int *)arg = stack == NULL ? ENOMEM : check(stack);
    free(stack);
}

int csrc_altstack_inherit(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    int result = 0;
    int error;

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, NULL) == -1) {
        return errno;
    }
    error = csrc_thread(on_thread, &result);
    return error != 0 ? error : result;
}
#else
int csrc_altstack_inherit(void)
{
    return ENOTSUP;
}
#endif
