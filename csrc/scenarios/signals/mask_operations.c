/* Changes a thread's signal mask in each of the three ways, and checks the mask after each change. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>

/* Bits of the numbers that stand for a set of signals in this file. */
#define USR1 1
#define USR2 2

struct step {
    const char *name;
    int how;
    int signals;
    int after; /* Signals that are blocked after the change. */
};

static int number_of(const sigset_t *set)
{
    return (sigismember(set, SIGUSR1) == 1 ? USR1 : 0) | (sigismember(set, SIGUSR2) == 1 ? USR2 : 0);
}

static int run_step(const struct step *step, int before)
{
    sigset_t set;
    sigset_t old;
    sigset_t now;
    int error;

    sigemptyset(&set);
    if (step->signals & USR1) {
        sigaddset(&set, SIGUSR1);
    }
    if (step->signals & USR2) {
        sigaddset(&set, SIGUSR2);
    }
    sigfillset(&old);
    sigfillset(&now);
    error = pthread_sigmask(step->how, &set, &old);
    if (error == 0) {
        error = pthread_sigmask(SIG_BLOCK, NULL, &now);
    }
    if (error != 0) {
        return error;
    }
    if (number_of(&old) != before) {
        return csrc_wrong("the old mask before %s is %d instead of %d (1 is SIGUSR1, 2 is SIGUSR2)", step->name,
                          number_of(&old), before);
    }
    if (number_of(&now) != step->after) {
        return csrc_wrong("the mask after %s is %d instead of %d (1 is SIGUSR1, 2 is SIGUSR2)", step->name,
                          number_of(&now), step->after);
    }
    return 0;
}

/* Blocks the signals of sigfillset, and checks that every signal that a program can block is blocked. */
static int block_all(void)
{
    static const int numbers[] = {
        SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,  SIGFPE, SIGUSR1,   SIGSEGV, SIGUSR2, SIGPIPE,
        SIGALRM, SIGTERM, SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGVTALRM, SIGPROF, SIGXCPU, SIGSYS,
    };
    sigset_t all;
    sigset_t now;
    size_t i;
    int error;

    sigfillset(&all);
    error = pthread_sigmask(SIG_SETMASK, &all, NULL);
    if (error == 0) {
        error = pthread_sigmask(SIG_BLOCK, NULL, &now);
    }
    for (i = 0; error == 0 && i < sizeof numbers / sizeof numbers[0]; i++) {
        if (sigismember(&now, numbers[i]) != 1) {
            error = csrc_wrong("sigfillset and SIG_SETMASK did not block the signal %d", numbers[i]);
        }
    }
#ifdef SIGRTMIN
    for (i = (size_t)SIGRTMIN; error == 0 && i <= (size_t)SIGRTMAX; i++) {
        if (sigismember(&all, (int)i) != 1) {
            error = csrc_wrong("sigfillset did not add the real-time signal %d", (int)i);
        }
    }
    /* QEMU's user mode has no mask bit for the last two real-time signals, so only the first is checked. */
    if (error == 0 && sigismember(&now, SIGRTMIN) != 1) {
        error = csrc_wrong("sigfillset and SIG_SETMASK did not block the real-time signal %d", SIGRTMIN);
    }
#endif
    return error;
}

static void on_thread(void *arg)
{
    static const struct step steps[] = {
        {"SIG_SETMASK of no signal", SIG_SETMASK, 0, 0},
        {"SIG_BLOCK of SIGUSR1", SIG_BLOCK, USR1, USR1},
        {"SIG_BLOCK of SIGUSR2", SIG_BLOCK, USR2, USR1 | USR2},
        {"SIG_BLOCK of no signal", SIG_BLOCK, 0, USR1 | USR2},
        {"SIG_UNBLOCK of SIGUSR1", SIG_UNBLOCK, USR1, USR2},
        {"SIG_SETMASK of SIGUSR1", SIG_SETMASK, USR1, USR1},
        {"SIG_UNBLOCK of SIGUSR2", SIG_UNBLOCK, USR2, USR1},
        {"SIG_SETMASK of no signal at the end", SIG_SETMASK, 0, 0},
    };
    sigset_t none;
    size_t i;
    int before = 0;
    int *result = arg;

    sigemptyset(&none);
    *result = pthread_sigmask(SIG_SETMASK, &none, NULL);
    for (i = 0; i < sizeof steps / sizeof steps[0] && *result == 0; i++) {
        *result = run_step(&steps[i], before);
        before = steps[i].after;
    }
    if (*result == 0) {
        *result = block_all();
    }
}

int csrc_mask_operations(void)
{
    int result = 0;
    int error = csrc_thread(on_thread, &result);

    return error != 0 ? error : result;
}
#else
int csrc_mask_operations(void)
{
    return ENOTSUP;
}
#endif
