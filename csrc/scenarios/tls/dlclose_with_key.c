/* Unloads a plugin that has created a pthread key with a destructor. */
#include "../../plugin/plugin.h"

#include <errno.h>

#if HAVE_PLUGIN
#include <stdio.h>

struct run {
    const char *path;
    csrc_callback *callback;
    int delete_at_unload;
    int destroyed;
    int error;
};

static void on_thread(void *arg)
{
    struct run *run = arg;
    struct csrc_plugin plugin;

    run->error = csrc_plugin_open(run->path, &plugin);
    if (run->error == 0) {
        run->error = plugin.add_key(&run->destroyed, run->delete_at_unload);
    }
    if (run->error == 0) {
        plugin.call(run->callback);
        run->error = csrc_plugin_close(&plugin);
    }
    fprintf(stderr, "about to exit a thread whose key was %s\n", run->delete_at_unload ? "deleted" : "kept");
}

/*
 * Unloads a plugin that deletes its key, and then a plugin that does not delete its key. If the C
 * library really unloads plugins, the process crashes when the second thread exits.
 */
int csrc_dlclose_with_key(const char *path, csrc_callback *callback)
{
    struct run deleted = {path, callback, 1, 0, 0};
    struct run kept = {path, callback, 0, 0, 0};
    int error = csrc_thread(on_thread, &deleted);

    if (error == 0 && deleted.error == 0) {
        error = csrc_thread(on_thread, &kept);
    }
    if (error != 0) {
        return error;
    }
    if (deleted.error != 0 || kept.error != 0) {
        return deleted.error != 0 ? deleted.error : kept.error;
    }
    return kept.destroyed == 1 ? 0 : csrc_wrong("the destructor of a plugin that stayed loaded did not run");
}
#else
int csrc_dlclose_with_key(const char *path, csrc_callback *callback)
{
    (void)path;
    (void)callback;
    return ENOTSUP;
}
#endif
