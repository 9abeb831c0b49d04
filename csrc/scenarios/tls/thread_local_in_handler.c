/* Uses the thread-local variables of a plugin for the first time in a signal handler. */
#define _DEFAULT_SOURCE
#include "../../plugin/plugin.h"

#include <errno.h>

#if HAVE_PLUGIN
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

/* Number of threads, beside the main thread, that use the variables. */
#define THREADS 4

static struct csrc_plugin plugin;
static csrc_callback *call_in_handler;
static _Thread_local volatile sig_atomic_t was_fresh;

static void handle(int number)
{
    const int before = errno;

    (void)number;
    was_fresh = plugin.is_fresh();
    call_in_handler();
    errno = before;
}

struct run {
    csrc_callback *callback;
    int error;
};

static void use_in_handler(void *arg)
{
    struct run *run = arg;
    int error = pthread_kill(pthread_self(), SIGUSR1);

    if (run->error == 0 && error != 0) {
        run->error = error;
    } else if (run->error == 0 && !was_fresh) {
        run->error = csrc_wrong("the handler did not see the initial values of the plugin's thread-local variables");
    } else if (run->error == 0 && plugin.is_fresh()) {
        run->error = csrc_wrong("the thread did not see the values that its handler had stored");
    }
    run->callback();
}

/* Returns the number of bytes that malloc has given to the main thread, or 0 if it is unknown. */
static size_t allocated(void)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

static int use_everywhere(csrc_callback *callback)
{
    struct run run = {callback, 0};
    size_t before;
    size_t after;
    int error = 0;
    int each;

    before = allocated();
    pthread_kill(pthread_self(), SIGUSR1);
    after = allocated();
    if (!was_fresh) {
        return csrc_wrong("the handler did not see the initial values of the plugin's thread-local variables");
    }
    for (each = 0; error == 0 && run.error == 0 && each < THREADS; each++) {
        error = csrc_thread(use_in_handler, &run);
    }
    if (error == 0 && run.error == 0 && after != before) {
        return csrc_wrong("the first use of a thread-local variable in a handler called malloc");
    }
    return error != 0 ? error : run.error;
}

int csrc_thread_local_in_handler(const char *path, csrc_callback *callback, csrc_callback *in_handler)
{
    struct sigaction action;
    struct sigaction before;
    int error;

    call_in_handler = in_handler;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handle;
    sigemptyset(&action.sa_mask);
    error = csrc_plugin_open(path, &plugin);
    if (error != 0) {
        return error;
    }
    if (sigaction(SIGUSR1, &action, &before) == -1) {
        return errno;
    }
    error = use_everywhere(callback);
    sigaction(SIGUSR1, &before, NULL);
    return error;
}
#else
int csrc_thread_local_in_handler(const char *path, csrc_callback *callback, csrc_callback *in_handler)
{
    (void)path;
    (void)callback;
    (void)in_handler;
    return ENOTSUP;
}
#endif
