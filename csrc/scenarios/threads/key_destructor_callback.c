/*
 * Calls back into the runtime from the destructors of two pthread keys, in every pass over the
 * destructors.
 */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <pthread.h>

/* Number of passes in which the destructors store their keys' values again. */
#define PASSES 3

struct key {
    pthread_key_t key;
    csrc_callback *callback;
    int passes;
};

struct run {
    struct key before; /* Key that exists before the thread's first callback. */
    struct key after;  /* Key that the thread creates after its first callback. */
    int error;
};

static void destructor(void *arg)
{
    struct key *key = arg;

    key->passes++;
    key->callback();
    if (key->passes < PASSES) {
        pthread_setspecific(key->key, key);
    }
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    run->error = pthread_setspecific(run->before.key, &run->before);
    run->before.callback();
    if (run->error == 0) {
        run->error = pthread_key_create(&run->after.key, destructor);
    }
    if (run->error == 0) {
        run->error = pthread_setspecific(run->after.key, &run->after);
    }
}

/* Makes 1 + 2 * PASSES callbacks. The first callback comes from the thread's function. */
int csrc_key_destructor_callback(csrc_callback *callback)
{
    struct run run = {{0, callback, 0}, {0, callback, 0}, 0};
    int error = pthread_key_create(&run.before.key, destructor);

    if (error == 0) {
        error = csrc_thread(on_thread, &run);
    }
    if (error != 0 || run.error != 0) {
        return error != 0 ? error : run.error;
    }
    if (run.before.passes != PASSES || run.after.passes != PASSES) {
        return csrc_wrong("the destructors of two keys ran %d times and %d times instead of %d times",
                          run.before.passes, run.after.passes, PASSES);
    }
    return 0;
}
#else
int csrc_key_destructor_callback(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
