/* Checks the alignment of thread-local variables of the program and of a plugin. */
#include "../../plugin/plugin.h"

#include <errno.h>

#ifndef _MSC_VER
#define THREADS 3

static _Thread_local _Alignas(16) char aligned_to_16 = 1;
static _Thread_local _Alignas(64) char aligned_to_64;
static _Thread_local _Alignas(4096) char aligned_to_4096 = 2;

/*
 * Returns `address` modulo `alignment`. The compiler may assume that the address of a variable has
 * the variable's alignment and replace the remainder by 0, unless the address is volatile.
 */
static unsigned remainder_of(volatile uintptr_t address, unsigned alignment)
{
    return (unsigned)(address % alignment);
}

static int check(const char *whose, uintptr_t address, unsigned alignment)
{
    unsigned remainder = remainder_of(address, alignment);

    return remainder == 0 ? 0
                          : csrc_wrong("a thread-local variable of the %s that must be aligned to %u bytes was %u "
                                       "bytes above such an address",
                                       whose, alignment, remainder);
}

static int check_program(void)
{
    int error = check("program", (uintptr_t)&aligned_to_16, 16);

    if (error == 0) {
        error = check("program", (uintptr_t)&aligned_to_64, 64);
    }
    return error != 0 ? error : check("program", (uintptr_t)&aligned_to_4096, 4096);
}

struct run {
    struct csrc_plugin *plugin;
    int error;
};

static int check_plugin(struct csrc_plugin *plugin)
{
    uintptr_t addresses[2];
    int error;

    plugin->addresses(addresses);
    error = check("plugin", addresses[0], 64);
    return error != 0 ? error : check("plugin", addresses[1], 4096);
}

static void on_thread(void *arg)
{
    struct run *run = arg;

    run->error = run->plugin == NULL ? check_program() : check_plugin(run->plugin);
}

static int on_all_threads(struct csrc_plugin *plugin)
{
    struct run run = {plugin, 0};
    int error = 0;
    int each;

    on_thread(&run);
    for (each = 0; error == 0 && run.error == 0 && each < THREADS; each++) {
        error = csrc_thread(on_thread, &run);
    }
    return error != 0 ? error : run.error;
}

int csrc_thread_local_alignment(void)
{
    return on_all_threads(NULL);
}

#if defined(HAVE_PLUGIN) && HAVE_PLUGIN
/* Checks the variables of the plugin in the file `path`. */
int csrc_thread_local_alignment_plugin(const char *path)
{
    struct csrc_plugin plugin;
    int error = csrc_plugin_open(path, &plugin);

    return error != 0 ? error : on_all_threads(&plugin);
}
#else
int csrc_thread_local_alignment_plugin(const char *path)
{
    (void)path;
    return ENOTSUP;
}
#endif
#else
int csrc_thread_local_alignment(void)
{
    return 0;
}

int csrc_thread_local_alignment_plugin(const char *path)
{
    (void)path;
    return ENOTSUP;
}
#endif
