/* Handles a signal with a handler that needs more stack than the thread's alternate stack has. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* Size in bytes of the alternate stack, which is enough for other handlers. */
#define STACK_SIZE ((size_t)128 << 10)
/* Number of bytes of stack that a larger handler would need. */
#define NEEDED ((size_t)1 << 20)

struct run {
    csrc_callback *callback;
    int error;
};

static volatile uintptr_t handler_at;

static void handler(int number)
{
    (void)number;
    handler_at = CSRC_FRAME;
}

static void on_thread(void *arg)
{
    struct run *run = arg;
    char *stack = malloc(STACK_SIZE);
    const stack_t set = {.ss_sp = stack, .ss_size = STACK_SIZE};
    const stack_t off = {.ss_flags = SS_DISABLE, .ss_size = STACK_SIZE};

    run->error = stack == NULL ? ENOMEM : 0;
    if (run->error == 0 && sigaltstack(&set, NULL) == -1) {
        run->error = errno;
    }
    if (run->error == 0) {
        run->callback();
        raise(SIGUSR1);
        if (handler_at == 0) {
            run->error = csrc_wrong("the handler did not run");
        } else if (handler_at > (uintptr_t)stack && handler_at <= (uintptr_t)stack + STACK_SIZE) {
            run->error = csrc_wrong("the handler, which C installed without SA_ONSTACK, ran on the alternate stack, "
                                    "which is smaller than the %lu bytes that the handler may use",
                                    (unsigned long)NEEDED);
        }
    }
    sigaltstack(&off, NULL);
    free(stack);
}

/* Installs the handler, which the host program does before it loads the runtime. */
int csrc_host_handler_install(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    return sigaction(SIGUSR1, &action, NULL) == -1 ? errno : 0;
}

/*
 * Checks that the runtime has not changed the host program's handler, and that the handler runs on
 * the right stack.
 */
int csrc_host_handler_small_altstack(csrc_callback *callback)
{
    struct run run = {callback, 0};
    struct sigaction now;
    int error = csrc_thread(on_thread, &run);

    if (error != 0 || run.error != 0) {
        return error != 0 ? error : run.error;
    }
    if (sigaction(SIGUSR1, NULL, &now) == -1) {
        return errno;
    }
    if (now.sa_handler != handler || (now.sa_flags & (SA_ONSTACK | SA_RESTART)) != SA_RESTART) {
        return csrc_wrong("the runtime changed the host's handler");
    }
    return 0;
}
#else
int csrc_host_handler_install(void)
{
    return ENOTSUP;
}

int csrc_host_handler_small_altstack(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
