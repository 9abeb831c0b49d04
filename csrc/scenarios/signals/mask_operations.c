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
