/*
 * A thread that exists before main handles SIGPROF, before and after the first callback of the
 * thread.
 */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define SIGNALS 10

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_callback = PTHREAD_COND_INITIALIZER;
static csrc_callback *callback_of_main;
static pthread_t thread;
static pid_t started_in; /* The process in which the thread was created. */
static volatile sig_atomic_t handled;
static volatile sig_atomic_t elsewhere;
static volatile sig_atomic_t late;

static void handler(int number)
{
    (void)number;
    handled++;
    elsewhere += !pthread_equal(pthread_self(), thread);
}

static void raise_often(void)
{
    int i;

    for (i = 0; i < SIGNALS; i++) {
        const sig_atomic_t before = handled;

        raise(SIGPROF);
        late += handled != before + 1;
    }
}

static void *run(void *arg)
{
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    raise_often();
    pthread_mutex_lock(&lock);
    while (callback_of_main == NULL) {
        pthread_cond_wait(&has_callback, &lock);
    }
    pthread_mutex_unlock(&lock);
    callback_of_main();
    raise_often();
    return arg;
}

static void create(void)
{
    pthread_mutex_lock(&lock);
    started_in = pthread_create(&thread, NULL, run, NULL) == 0 ? getpid() : 0;
    pthread_mutex_unlock(&lock);
}

/*
 * Runs before main in every process of the child program, and creates the thread only if the
 * scenario's environment variable is set.
 */
__attribute__((constructor)) static void start(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART};

    if (getenv("TESTPROG_EXTERNAL_THREAD_SIGPROF") != NULL) {
        sigemptyset(&action.sa_mask);
        sigaction(SIGPROF, &action, NULL);
        create();
    }
}

int csrc_external_thread_sigprof(csrc_callback *callback)
{
    int error;

    if (started_in != 0 && started_in != getpid()) {
        handled = 0;
        create(); /* The thread exists only in the zygote that has forked this process. */
    }
    if (started_in == 0) {
        return csrc_wrong("no thread was created before main");
    }
    pthread_mutex_lock(&lock);
    callback_of_main = callback;
    pthread_cond_signal(&has_callback);
    pthread_mutex_unlock(&lock);
    error = pthread_join(thread, NULL);
    if (error != 0) {
        return error;
    }
    if (elsewhere != 0) {
        return csrc_wrong("%d signals were handled on another thread than the thread that raised them", (int)elsewhere);
    }
    if (late != 0 || handled != 2 * SIGNALS) {
        return csrc_wrong("%d signals were handled instead of %d, %d of them late", (int)handled, 2 * SIGNALS,
                          (int)late);
    }
    return 0;
}
#else
int csrc_external_thread_sigprof(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
