/* Loads a plugin with thread-local variables while other threads run. */
#include "../../plugin/plugin.h"

#include <errno.h>

#if HAVE_PLUGIN
#include <pthread.h>

/* Number of threads that start before the plugin is loaded. */
#define THREADS 4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_changed = PTHREAD_COND_INITIALIZER;
static int started;
static int is_loaded;
static int stale;
static struct csrc_plugin plugin;
static csrc_callback *call;

/* Uses the plugin's variables, and then calls back from the plugin. */
static void use(void *arg)
{
    int is_fresh = plugin.is_fresh();

    (void)arg;
    pthread_mutex_lock(&mutex);
    stale += !is_fresh;
    pthread_mutex_unlock(&mutex);
    plugin.call(call);
}

static void *start(void *arg)
{
    pthread_mutex_lock(&mutex);
    started++;
    pthread_cond_broadcast(&has_changed);
    while (!is_loaded) {
        pthread_cond_wait(&has_changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    if (plugin.call != NULL) {
        use(NULL);
    }
    return arg;
}

static int load(const char *path)
{
    int error;

    pthread_mutex_lock(&mutex);
    while (started < THREADS) {
        pthread_cond_wait(&has_changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    error = csrc_plugin_open(path, &plugin);
    pthread_mutex_lock(&mutex);
    is_loaded = 1;
    pthread_cond_broadcast(&has_changed);
    pthread_mutex_unlock(&mutex);
    return error;
}

/* Makes one callback on each of four older threads, on the calling thread and on a newer thread. */
int csrc_dlopen_beside_threads(const char *path, csrc_callback *callback)
{
    pthread_t threads[THREADS];
    int error = 0;
    int each;

    call = callback;
    for (each = 0; error == 0 && each < THREADS; each++) {
        error = pthread_create(&threads[each], NULL, start, NULL);
    }
    if (error != 0) {
        return error;
    }
    error = load(path);
    for (each = 0; each < THREADS; each++) {
        int joined = pthread_join(threads[each], NULL);

        error = error != 0 ? error : joined;
    }
    if (error == 0) {
        use(NULL);
        error = csrc_thread(use, NULL);
    }
    if (error == 0 && stale > 0) {
        return csrc_wrong("%d of %d threads did not see the initial values of the plugin's thread-local variables",
                          stale, THREADS + 2);
    }
    return error;
}
#else
int csrc_dlopen_beside_threads(const char *path, csrc_callback *callback)
{
    (void)path;
    (void)callback;
    return ENOTSUP;
}
#endif
