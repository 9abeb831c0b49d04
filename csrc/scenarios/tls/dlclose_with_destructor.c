/* Unloads a plugin that has registered a destructor for a thread's variable. */
#include "../../plugin/plugin.h"

#include <errno.h>

#if HAVE_PLUGIN
#include <stdio.h>

struct run {
    const char *path;
    csrc_callback *callback;
    int destroyed;
    int error;
};

static void on_thread(void *arg)
{
    struct run *run = arg;
    struct csrc_plugin plugin;

    run->error = csrc_plugin_open(run->path, &plugin);
    if (run->error == 0) {
        run->error = plugin.add_destructor(&run->destroyed);
    }
    if (run->error == 0) {
        plugin.call(run->callback);
        run->error = csrc_plugin_close(&plugin);
    }
    fputs("about to exit a thread with a destructor of the plugin\n", stderr);
}

int csrc_dlclose_with_destructor(const char *path, csrc_callback *callback)
{
    struct run run = {path, callback, 0, 0};
    int error = csrc_thread(on_thread, &run);

    if (error != 0 || run.error != 0) {
        return error != 0 ? error : run.error;
    }
    return run.destroyed == 1
               ? 0
               : csrc_wrong("the destructor of the unloaded plugin ran %d times instead of once", run.destroyed);
}
#else
int csrc_dlclose_with_destructor(const char *path, csrc_callback *callback)
{
    (void)path;
    (void)callback;
    return ENOTSUP;
}
#endif
