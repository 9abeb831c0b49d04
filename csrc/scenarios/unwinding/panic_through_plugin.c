/* Loads and unloads the plugin, and lets a callback panic through a function of the plugin. */
#define _DEFAULT_SOURCE /* for MAP_ANONYMOUS */
#include "../../plugin/plugin.h"

#include <errno.h>

#if HAVE_PLUGIN
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS 3

static struct csrc_plugin plugin;

/* A panic of `callback` crosses this function and the plugin's function. */
void csrc_call_plugin(csrc_callback *callback)
{
    volatile char kept[64] = {1};

    plugin.call(callback);
    kept[0]++;
}

/*
 * Reserves the page at `address`, if the page is free, so that the plugin's next address differs.
 * Without MAP_FIXED, mmap takes another page if this page is in use, for example because the C
 * library does not unload the plugin.
 */
static void reserve(uintptr_t address)
{
    const uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t page = address / size * size;

    (void)mmap((void *)page, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int csrc_panic_through_plugin(const char *path, csrc_callback *while_loaded, csrc_callback *afterwards)
{
    int error = 0;
    int round;

    for (round = 0; round < ROUNDS && error == 0; round++) {
        uintptr_t address;

        error = csrc_plugin_open(path, &plugin);
        if (error != 0) {
            break;
        }
        address = (uintptr_t)plugin.call;
        while_loaded();
        error = csrc_plugin_close(&plugin);
        reserve(address);
        afterwards();
    }
    return error;
}
#else
void csrc_call_plugin(csrc_callback *callback)
{
    callback();
}

int csrc_panic_through_plugin(const char *path, csrc_callback *while_loaded, csrc_callback *afterwards)
{
    (void)path;
    (void)while_loaded;
    (void)afterwards;
    return ENOTSUP;
}
#endif
