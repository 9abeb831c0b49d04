/* Calls abort in forked processes that block, ignore or handle SIGABRT. */
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int number)
{
    (void)number;
}

static void call_abort(void *arg)
{
    (void)arg;
    abort();
}

static void blocked(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGABRT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    abort();
}

static void ignored(void)
{
    signal(SIGABRT, SIG_IGN);
    abort();
}

static void handled(void)
{
    signal(SIGABRT, handler);
    abort();
}

static void on_thread(void)
{
    csrc_thread(call_abort, NULL);
}

/* Returns whether SIGABRT kills a forked process that calls `body`. */
static int is_killed(void (*body)(void), int *status)
{
    const struct rlimit no_core = {0, 0};
    pid_t child = fork();

    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        body();
        _exit(0);
    }
    *status = 0;
    return child != -1 && waitpid(child, status, 0) == child && WIFSIGNALED(*status) && WTERMSIG(*status) == SIGABRT;
}

int csrc_abort_always_kills(void)
{
    const struct form {
        void (*body)(void);
        const char *name;
    } forms[] = {
        {blocked, "SIGABRT was blocked"},
        {ignored, "SIGABRT was ignored"},
        {handled, "the handler of SIGABRT returned"},
        {on_thread, "a thread called abort"},
    };
    size_t each;

    for (each = 0; each < sizeof(forms) / sizeof(*forms); each++) {
        int status;

        if (!is_killed(forms[each].body, &status)) {
            return csrc_wrong("abort did not kill the process by SIGABRT when %s (wait status %#x)", forms[each].name,
                              (unsigned)status);
        }
    }
    return 0;
}
#else
int csrc_abort_always_kills(void)
{
    return ENOTSUP;
}
#endif
