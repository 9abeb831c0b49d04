/* Installs a handler of SIGABRT that prints a message and ends the process with status 0. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void handler(int number)
{
    static const char text[] = "the handler of SIGABRT ends the process\n";

    _exit(number == SIGABRT && write(STDERR_FILENO, text, sizeof(text) - 1) > 0 ? 0 : 3);
}

static int install(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

    sigemptyset(&action.sa_mask);
    return sigaction(SIGABRT, &action, NULL) == -1 ? errno : 0;
}

/*
 * Runs before main in every process of the child program. Installs the handler only if the
 * environment variable TESTPROG_CATCH_PANIC_EARLY is set.
 */
__attribute__((constructor)) static void early(void)
{
    if (getenv("TESTPROG_CATCH_PANIC_EARLY") != NULL) {
        install();
    }
}

/* Installs the handler if it was not installed before main, and calls back on a C thread. */
int csrc_catch_panic(void)
{
    return getenv("TESTPROG_CATCH_PANIC_EARLY") != NULL ? 0 : install();
}
#else
int csrc_catch_panic(void)
{
    return ENOTSUP;
}
#endif
