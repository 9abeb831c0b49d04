/*
 * Checks which signals are blocked while a handler runs, and that the thread has its old mask after
 * the handler.
 */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>

struct turn {
    int flags;
    int is_own_blocked; /* Whether the handled signal itself must be blocked in the handler. */
};

static sigset_t in_handler;
static volatile sig_atomic_t handled;

static void handler(int number)
{
    (void)number;
    handled++;
    pthread_sigmask(SIG_BLOCK, NULL, &in_handler);
}

static int expect(const sigset_t *mask, int number, int is_blocked, const char *what)
{
    if (sigismember(mask, number) == is_blocked) {
        return 0;
    }
    return csrc_wrong("%s is %s", what, is_blocked ? "open" : "blocked");
}

/*
 * The thread blocks SIGALRM, the handler's sa_mask contains SIGUSR2, and the handler's own signal
 * is SIGUSR1.
 */
static int check(const struct turn *turn)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = turn->flags};
    sigset_t alarm_only;
    sigset_t old;
    sigset_t after;
    int error;

    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR2);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    if (sigaction(SIGUSR1, &action, NULL) == -1) {
        return errno;
    }
    error = pthread_sigmask(SIG_SETMASK, &alarm_only, NULL);
    handled = 0;
    raise(SIGUSR1);
    if (error == 0 && handled != 1) {
        return csrc_wrong("the handler ran %d times instead of once", (int)handled);
    }
    error = error != 0 ? error : expect(&in_handler, SIGALRM, 1, "in a handler, a signal of the thread's mask");
    error = error != 0 ? error : expect(&in_handler, SIGUSR2, 1, "in a handler, a signal of sa_mask");
    error = error != 0 ? error : expect(&in_handler, SIGTERM, 0, "in a handler, a signal of no mask");
    if (error == 0) {
        error = expect(&in_handler, SIGUSR1, turn->is_own_blocked,
                       turn->is_own_blocked ? "in a handler, the handled signal"
                                            : "in a handler with SA_NODEFER, the handled signal");
    }
    error = error != 0 ? error : pthread_sigmask(SIG_BLOCK, NULL, &after);
    error = error != 0 ? error : expect(&after, SIGUSR1, 0, "after a handler, the handled signal");
    error = error != 0 ? error : expect(&after, SIGUSR2, 0, "after a handler, a signal of sa_mask");
    error = error != 0 ? error : expect(&after, SIGALRM, 1, "after a handler, a signal of the thread's mask");
    error = error != 0 ? error : pthread_sigmask(SIG_UNBLOCK, &alarm_only, &old);
    error =
        error != 0 ? error : expect(&old, SIGALRM, 1, "in the old mask that pthread_sigmask returns, a blocked signal");
    error = error != 0 ? error : pthread_sigmask(SIG_BLOCK, NULL, &after);
    return error != 0 ? error : expect(&after, SIGALRM, 0, "after SIG_UNBLOCK, a signal");
}

static void on_thread(void *arg)
{
    static const struct turn turns[] = {{0, 1}, {SA_NODEFER, 0}, {SA_RESTART, 1}};
    int *error = arg;
    size_t i;

    for (i = 0; i < sizeof(turns) / sizeof(turns[0]) && *error == 0; i++) {
        *error = check(&turns[i]);
    }
}

int csrc_handler_mask(void)
{
    int result = 0;
    int error = csrc_thread(on_thread, &result);

    return error != 0 ? error : result;
}
#else
int csrc_handler_mask(void)
{
    return ENOTSUP;
}
#endif
