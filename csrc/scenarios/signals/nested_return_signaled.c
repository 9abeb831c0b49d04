/* Raises a signal at each step of a callback that makes a nested callback. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>

static csrc_callback *call_outer;
static csrc_callback *call_nested;
static csrc_callback *call_in_handler;

static void handler(int number)
{
    int saved = errno;

    (void)number;
    call_in_handler();
    errno = saved;
}

/* Makes two nested callbacks. The outer callback calls this function. */
void csrc_nested_return(void)
{
    raise(SIGPROF);
    call_nested();
    raise(SIGPROF); /* The nested callback has returned, and the outer callback is in progress. */
    call_nested();
    raise(SIGPROF);
}

static void on_thread(void *arg)
{
    (void)arg;
    call_outer();
    raise(SIGPROF);
    call_outer();
}

int csrc_nested_return_signaled(csrc_callback *outer, csrc_callback *nested, csrc_callback *in_handler)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

    call_outer = outer;
    call_nested = nested;
    call_in_handler = in_handler;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGPROF, &action, NULL) == -1) {
        return errno;
    }
    return csrc_thread(on_thread, NULL);
}
#else
void csrc_nested_return(void)
{
}

int csrc_nested_return_signaled(csrc_callback *outer, csrc_callback *nested, csrc_callback *in_handler)
{
    (void)outer;
    (void)nested;
    (void)in_handler;
    return ENOTSUP;
}
#endif
