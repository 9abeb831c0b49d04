/*
 * Stores a key's value again in the key's destructor, and uses two keys whose destructors must not
 * run.
 */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <limits.h>
#include <pthread.h>

/*
 * Smallest number of passes over the destructors that POSIX allows
 * (_POSIX_THREAD_DESTRUCTOR_ITERATIONS).
 */
#define FEWEST_PASSES 4

static pthread_key_t again;
static pthread_key_t cleared;
static pthread_key_t deleted;
static int value;
static int passes;
static int values_still_stored;
static int wrong_values;
static int unexpected;

static void rearm(void *arg)
{
    passes++;
    values_still_stored += pthread_getspecific(again) != NULL;
    wrong_values += arg != &value;
    pthread_setspecific(again, &value);
}

static void must_not_run(void *arg)
{
    (void)arg;
    unexpected++;
}

static void on_thread(void *arg)
{
    int *error = arg;

    *error = pthread_setspecific(again, &value);
    if (*error == 0) {
        *error = pthread_setspecific(cleared, &value);
    }
    if (*error == 0) {
        *error = pthread_setspecific(cleared, NULL);
    }
    if (*error == 0) {
        *error = pthread_setspecific(deleted, &value);
    }
    if (*error == 0) {
        *error = pthread_key_delete(deleted);
    }
}

int csrc_key_destructor_rearm(void)
{
    int on = 0;
    int error = pthread_key_create(&again, rearm);

    if (error == 0) {
        error = pthread_key_create(&cleared, must_not_run);
    }
    if (error == 0) {
        error = pthread_key_create(&deleted, must_not_run);
    }
    if (error == 0) {
        error = csrc_thread(on_thread, &on);
    }
    if (error != 0 || on != 0) {
        return error != 0 ? error : on;
    }
    if (values_still_stored > 0) {
        return csrc_wrong("pthread_getspecific: a key's value was not NULL in %d of %d calls of the key's destructor",
                          values_still_stored, passes);
    }
    if (wrong_values > 0) {
        return csrc_wrong("%d of %d calls of a key's destructor got another value than the thread had stored",
                          wrong_values, passes);
    }
    if (passes < FEWEST_PASSES) {
        return csrc_wrong("a destructor that stores its key's value again ran %d times instead of at least %d times",
                          passes, FEWEST_PASSES);
    }
#ifdef PTHREAD_DESTRUCTOR_ITERATIONS
    if (passes > PTHREAD_DESTRUCTOR_ITERATIONS) {
        return csrc_wrong("a key's destructor ran %d times, although PTHREAD_DESTRUCTOR_ITERATIONS is %d", passes,
                          (int)PTHREAD_DESTRUCTOR_ITERATIONS);
    }
#endif
    if (unexpected > 0) {
        return csrc_wrong("the destructor of a deleted key or of a key without a value ran %d times", unexpected);
    }
    return 0;
}
#else
int csrc_key_destructor_rearm(void)
{
    return ENOTSUP;
}
#endif
