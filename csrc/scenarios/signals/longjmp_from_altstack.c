/* Leaves a handler on the alternate signal stack by siglongjmp, several times. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

#define STACK_SIZE ((size_t)128 << 10)
#define JUMPS 3

static sigjmp_buf before_signal;
static volatile uintptr_t handler_at;

static void handler(int number)
{
    (void)number;
    handler_at = CSRC_FRAME;
    siglongjmp(before_signal, 1);
}

static int jump(const char *stack, int turn)
{
    sigset_t blocked;
    stack_t now = {0};

    handler_at = 0;
    if (sigsetjmp(before_signal, 1) == 0) {
        raise(SIGUSR1);
        return csrc_wrong("signal %d was not handled", turn);
    }
    if (handler_at <= (uintptr_t)stack || handler_at > (uintptr_t)stack + STACK_SIZE) {
        return csrc_wrong("handler %d did not run on the alternate stack", turn);
    }
    if (sigaltstack(NULL, &now) == -1 || now.ss_flags != 0) {
        return csrc_wrong("after jump %d, the flags of the alternate stack are %d instead of 0", turn, now.ss_flags);
    }
    if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0 || sigismember(&blocked, SIGUSR1)) {
        return csrc_wrong("after jump %d, the signal is still blocked", turn);
    }
    if (!sigismember(&blocked, SIGUSR2)) {
        return csrc_wrong("after jump %d, a signal is open that the thread had blocked", turn);
    }
    return 0;
}

static void on_thread(void *arg)
{
    int *error = arg;
    char *stack = malloc(STACK_SIZE);
    const stack_t set = {.ss_sp = stack, .ss_size = STACK_SIZE};
    const stack_t off = {.ss_flags = SS_DISABLE, .ss_size = STACK_SIZE};
    sigset_t blocked;
    int turn;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    *error = stack == NULL ? ENOMEM : pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    if (*error == 0 && sigaltstack(&set, NULL) == -1) {
        *error = errno;
    }
    for (turn = 1; turn <= JUMPS && *error == 0; turn++) {
        *error = jump(stack, turn);
    }
    sigaltstack(&off, NULL);
    free(stack);
}

int csrc_longjmp_from_altstack(void)
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
int csrc_longjmp_from_altstack(void)
{
    return ENOTSUP;
}
#endif
