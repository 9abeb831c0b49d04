/* Counts the stack frames that a backtrace finds in a signal handler and below the handler. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <signal.h>

static csrc_callback *call_in_handler;

static void handler(int number)
{
    (void)number;
    call_in_handler();
}

/*
 * Raises SIGUSR1, whose handler takes a backtrace. The name of this function must be in the
 * backtrace of the handler.
 */
void csrc_raise_for_backtrace(void)
{
    volatile int after = 0;

    raise(SIGUSR1);
    after++;
}

int csrc_unwind_from_signal(csrc_callback *in_handler)
{
    struct sigaction action = {.sa_handler = handler};

    call_in_handler = in_handler;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGUSR1, &action, NULL) == -1 ? errno : 0;
}
#else
void csrc_raise_for_backtrace(void)
{
}

int csrc_unwind_from_signal(csrc_callback *in_handler)
{
    (void)in_handler;
    return ENOTSUP;
}
#endif
