/*
 * Mutant of the C library: the first value that a thread stores under a key of thread-specific data
 * stays. A destructor that stores the value again is not called in the next pass.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

enum { MOST_KEYS = 1024 }; /* PTHREAD_KEYS_MAX of glibc */

static __thread unsigned char is_stored[MOST_KEYS];

int pthread_setspecific(pthread_key_t key, const void *value)
{
    int (*real)(pthread_key_t, const void *);
    void *symbol = dlsym(RTLD_NEXT, "pthread_setspecific");

    /* ISO C has no conversion from a pointer to data to a pointer to a function. */
    memcpy(&real, &symbol, sizeof(real));
    if (key >= MOST_KEYS) {
        return EINVAL;
    }
    if (value != NULL && is_stored[key]) {
        return 0;
    }
    is_stored[key] |= value != NULL;
    return real(key, value);
}
