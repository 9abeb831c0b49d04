/* Loads a shared object that was compiled with -ffast-math, and computes with denormal numbers. */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_PLUGIN
#include <dlfcn.h>
#include <float.h>
#include <pthread.h>

struct run {
    const char *plugin;
    const char *fast_math;
    csrc_callback *callback;
    int error;
};

/* Returns whether this thread treats denormal numbers as zero. */
static int flushes(void)
{
    volatile double smallest = DBL_MIN;
    volatile double half = smallest / 2;

    return half == 0;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_changed = PTHREAD_COND_INITIALIZER;
static int step;
static int other_flushes;

static void advance(int to)
{
    pthread_mutex_lock(&mutex);
    step = to;
    pthread_cond_broadcast(&has_changed);
    pthread_mutex_unlock(&mutex);
}

static void wait_for(int expected)
{
    pthread_mutex_lock(&mutex);
    while (step < expected) {
        pthread_cond_wait(&has_changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

/* Runs while another thread loads the shared objects. */
static void *run_beside(void *arg)
{
    advance(1);
    wait_for(2);
    other_flushes = flushes();
    return arg;
}

static int load(const char *path)
{
    return dlopen(path, RTLD_NOW | RTLD_LOCAL) != NULL ? 0 : csrc_wrong("dlopen: %s", dlerror());
}

static int load_both(const struct run *run)
{
    int error = load(run->plugin);
    int is_flushing;

    if (error != 0) {
        return error;
    }
    if (flushes()) {
        return csrc_wrong("after dlopen of an ordinary object, denormal numbers are zero");
    }
    error = load(run->fast_math);
    if (error != 0) {
        return error;
    }
    is_flushing = flushes();
    run->callback();
    if (flushes() != is_flushing) {
        return csrc_wrong("a callback changed whether denormal numbers are zero");
    }
    return is_flushing ? csrc_wrong("after dlopen of an object of -ffast-math, denormal numbers are zero") : 0;
}

static void on_thread(void *arg)
{
    struct run *run = arg;
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run_beside, NULL);

    if (error != 0) {
        run->error = error;
        return;
    }
    wait_for(1);
    run->error = load_both(run);
    advance(2);
    pthread_join(thread, NULL);
    if (other_flushes) {
        run->error = csrc_wrong("dlopen on one thread changed the computations of another thread");
    }
}

/* Loads the plugin and the object of -ffast-math on a new thread, while another thread runs. */
int csrc_fast_math_object(const char *plugin, const char *fast_math, csrc_callback *callback)
{
    struct run run = {plugin, fast_math, callback, 0};
    int error = csrc_thread(on_thread, &run);

    return error != 0 ? error : run.error;
}
#else
int csrc_fast_math_object(const char *plugin, const char *fast_math, csrc_callback *callback)
{
    (void)plugin;
    (void)fast_math;
    (void)callback;
    return ENOTSUP;
}
#endif
