/* Loads and unloads the plugin. */
#include "plugin.h"

#include <errno.h>

#if HAVE_PLUGIN
#include <dlfcn.h>
#include <string.h>

/*
 * Stores the address of the function `name` in `function`, which points to a pointer to a function.
 * ISO C has no conversion from a pointer to data to a pointer to a function.
 */
static int find(void *handle, const char *name, void *function)
{
    void *symbol = dlsym(handle, name);

    memcpy(function, &symbol, sizeof(symbol));
    return symbol == NULL;
}

int csrc_plugin_open(const char *path, struct csrc_plugin *plugin)
{
    int is_missing;

    plugin->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin->handle == NULL) {
        return csrc_wrong("dlopen: %s", dlerror());
    }
    is_missing = find(plugin->handle, "plugin_is_fresh", &plugin->is_fresh);
    is_missing |= find(plugin->handle, "plugin_addresses", &plugin->addresses);
    is_missing |= find(plugin->handle, "plugin_call", &plugin->call);
    is_missing |= find(plugin->handle, "plugin_add_destructor", &plugin->add_destructor);
    is_missing |= find(plugin->handle, "plugin_add_key", &plugin->add_key);
    return is_missing ? csrc_wrong("dlsym did not find a function of the plugin") : 0;
}

int csrc_plugin_close(struct csrc_plugin *plugin)
{
    return dlclose(plugin->handle) == 0 ? 0 : csrc_wrong("dlclose: %s", dlerror());
}
#else
int csrc_plugin_open(const char *path, struct csrc_plugin *plugin)
{
    (void)path;
    (void)plugin;
    return ENOTSUP;
}

int csrc_plugin_close(struct csrc_plugin *plugin)
{
    (void)plugin;
    return ENOTSUP;
}
#endif
