/* Calls back before main, from a constructor function. */
#define _DEFAULT_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <stdlib.h>

extern csrc_callback runtime_during_init;

static int error;
static int is_called;

static void call(void *arg)
{
    (void)arg;
    runtime_during_init();
}

/*
 * Runs before main in every process of the child program, and calls back only if the scenario's
 * environment variable is set.
 */
__attribute__((constructor)) static void during_init(void)
{
    if (getenv("TESTPROG_CALLBACK_DURING_INIT") != NULL) {
        is_called = 1;
        runtime_during_init();
        error = csrc_thread(call, NULL);
    }
}

int csrc_callback_during_init(void)
{
    return is_called ? error : csrc_wrong("the constructor function did not run, or had no environment");
}
#else
int csrc_callback_during_init(void)
{
    return ENOTSUP;
}
#endif
