/* Declares the functions of the shared object that the scenarios of the topic `tls` load. */
#ifndef PLUGIN_H
#define PLUGIN_H

#include "../testprog.h"

/*
 * Returns whether the calling thread's thread-local variables of the plugin have their initial
 * values, and changes all of these values.
 */
typedef int plugin_is_fresh_function(void);
/*
 * Stores the addresses of two of the calling thread's variables, which must be aligned to 64 bytes
 * and to 4096 bytes.
 */
typedef void plugin_addresses_function(uintptr_t addresses[2]);
/* Calls back from code of the plugin. */
typedef void plugin_call_function(csrc_callback *callback);
/*
 * Registers a destructor for the calling thread, as C++ does for a thread_local object. The
 * destructor is code of the plugin, and adds 1 to `counter`.
 */
typedef int plugin_add_destructor_function(int *counter);
/*
 * Creates a pthread key whose destructor is code of the plugin and adds 1 to `counter`, and stores
 * the calling thread's value. With `delete_at_unload`, the plugin deletes the key when the plugin
 * is unloaded.
 */
typedef int plugin_add_key_function(int *counter, int delete_at_unload);

plugin_is_fresh_function plugin_is_fresh;
plugin_addresses_function plugin_addresses;
plugin_call_function plugin_call;
plugin_add_destructor_function plugin_add_destructor;
plugin_add_key_function plugin_add_key;

/* A plugin that csrc_plugin_open has loaded. */
struct csrc_plugin {
    void *handle;
    plugin_is_fresh_function *is_fresh;
    plugin_addresses_function *addresses;
    plugin_call_function *call;
    plugin_add_destructor_function *add_destructor;
    plugin_add_key_function *add_key;
};

/*
 * Loads the plugin from the file `path`. Returns 0 or CSRC_WRONG. Returns ENOTSUP on targets for
 * which the build script makes no plugin.
 */
int csrc_plugin_open(const char *path, struct csrc_plugin *plugin);
/* Unloads the plugin. Returns 0 or CSRC_WRONG. */
int csrc_plugin_close(struct csrc_plugin *plugin);

#endif
