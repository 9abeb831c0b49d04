/* Calls back from the destructor of a pthread key, in the last pass over a thread's destructors. */
#define _XOPEN_SOURCE 700 /* for PTHREAD_DESTRUCTOR_ITERATIONS */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <limits.h>
#include <pthread.h>

struct run {
    csrc_callback *callback;
    int is_early; /* Whether the thread also calls back before the last pass. */
    int passes;
    int is_errno_kept;
};

static pthread_key_t key;

/* Sets the key's value again, so that the destructor also runs in the next pass. */
static void destructor(void *arg)
{
    struct run *run = arg;

    run->passes++;
    if (run->is_early || run->passes == PTHREAD_DESTRUCTOR_ITERATIONS) {
        errno = EDOM;
        run->callback();
        run->is_errno_kept &= errno == EDOM;
    }
    if (run->passes < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(key, run);
    }
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    if (run->is_early) {
        run->callback();
    }
    pthread_setspecific(key, run);
}

/*
 * Runs `threads` threads one after another, and checks that callbacks keep errno. Returns ENOTSUP if a thread had fewer passes than
 * PTHREAD_DESTRUCTOR_ITERATIONS.
 */
int csrc_last_destructor_pass(unsigned threads, int is_early, csrc_callback *callback)
{
    int error = pthread_key_create(&key, destructor);

    for (; error == 0 && threads > 0; threads--) {
        struct run run = {callback, is_early, 0, 1};

        error = csrc_thread(on_thread, &run);
        if (error == 0 && run.passes != PTHREAD_DESTRUCTOR_ITERATIONS) {
            error = ENOTSUP;
        }
        if (error == 0 && !run.is_errno_kept) {
            error = csrc_wrong("a callback changed errno");
        }
    }
    return error;
}
#else
int csrc_last_destructor_pass(unsigned threads, int is_early, csrc_callback *callback)
{
    (void)threads;
    (void)is_early;
    (void)callback;
    return ENOTSUP;
}
#endif
