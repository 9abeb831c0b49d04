/* Turns faults in C into error returns, by siglongjmp out of the handler of SIGSEGV. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <setjmp.h>
#include <signal.h>

static _Thread_local sigjmp_buf before_fault;
static _Thread_local volatile sig_atomic_t is_guarded;
static int *volatile nowhere;

static void handler(int number)
{
    if (is_guarded) {
        is_guarded = 0;
        siglongjmp(before_fault, number);
    }
    signal(number, SIG_DFL);
}

struct run {
    csrc_callback *callback;
    int faults;
};

/* Causes a fault in a guarded call, and calls back after the recovery. */
static void fault(void *arg)
{
    struct run *run = arg;

    if (sigsetjmp(before_fault, 1) == 0) {
        is_guarded = 1;
        *(volatile int *)nowhere = 1;
    } else {
        run->faults++;
    }
    run->callback();
}

/*
 * Causes a fault on the calling thread, on two new threads, and twice more on the calling thread.
 */
int csrc_crash_handler(csrc_callback *callback)
{
    struct sigaction action = {.sa_handler = handler};
    struct run run = {callback, 0};
    int error;

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGSEGV, &action, NULL) == -1 || sigaction(SIGBUS, &action, NULL) == -1) {
        return errno;
    }
    fault(&run);
    error = csrc_thread(fault, &run);
    if (error == 0) {
        error = csrc_thread(fault, &run);
    }
    fault(&run);
    fault(&run);
    if (error != 0) {
        return error;
    }
    return run.faults == 5 ? 0 : csrc_wrong("%d faults were recovered instead of 5", run.faults);
}
#else
int csrc_crash_handler(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
