/*
 * Shared object that the scenarios of the topic `tls` load at run time (dlopen). The build script
 * compiles this file, and the child program contains the shared object.
 */
#include "plugin.h"

#include <pthread.h>
#include <stddef.h>

#define COUNT 256
#define FIRST 1000

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object);

/* Address that identifies this shared object to the C library. */
extern void *__dso_handle;

static _Thread_local int initialized[COUNT] = {FIRST, FIRST + 1, [COUNT - 1] = FIRST + COUNT - 1};
static _Thread_local int zero[COUNT];
static _Thread_local _Alignas(64) char aligned_to_64 = 1;
static _Thread_local _Alignas(4096) char aligned_to_4096 = 2;

int plugin_is_fresh(void)
{
    int is_fresh = initialized[0] == FIRST && initialized[1] == FIRST + 1 &&
                   initialized[COUNT - 1] == FIRST + COUNT - 1 && aligned_to_64 == 1 && aligned_to_4096 == 2;
    int each;

    for (each = 2; each < COUNT - 1; each++) {
        is_fresh = is_fresh && initialized[each] == 0;
    }
    for (each = 0; each < COUNT; each++) {
        is_fresh = is_fresh && zero[each] == 0;
        zero[each] = each + 1;
        initialized[each] = -1;
    }
    aligned_to_64 = 0;
    aligned_to_4096 = 0;
    return is_fresh;
}

void plugin_addresses(uintptr_t addresses[2])
{
    addresses[0] = (uintptr_t)&aligned_to_64;
    addresses[1] = (uintptr_t)&aligned_to_4096;
}

void plugin_call(csrc_callback *callback)
{
    /* The compiler must keep this function's frame during the call. */
    volatile char kept[64] = {1};

    callback();
    kept[0]++;
}

static void count(void *counter)
{
    (*(int *)counter)++;
}

int plugin_add_destructor(int *counter)
{
    return __cxa_thread_atexit_impl(count, counter, &__dso_handle);
}

static pthread_key_t key;
static int is_deleted_at_unload;

int plugin_add_key(int *counter, int delete_at_unload)
{
    int error = pthread_key_create(&key, count);

    is_deleted_at_unload = error == 0 && delete_at_unload;
    return error != 0 ? error : pthread_setspecific(key, counter);
}

/* Runs when the shared object is unloaded. */
__attribute__((destructor)) static void unload(void)
{
    if (is_deleted_at_unload) {
        pthread_key_delete(key);
    }
}
