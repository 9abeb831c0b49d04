/*
 * Mutant of the C library: a key's value does not become NULL before the key's destructor runs, so
 * the destructor still reads the value.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

enum { MOST_KEYS = 1024 }; /* value of PTHREAD_KEYS_MAX in glibc */

static __thread const void *values[MOST_KEYS];

int pthread_setspecific(pthread_key_t key, const void *value)
{
    int (*real)(pthread_key_t, const void *);

    find_real("pthread_setspecific", &real);
    if (key >= MOST_KEYS) {
        return EINVAL;
    }
    values[key] = value;
    return real(key, value);
}

void *pthread_getspecific(pthread_key_t key)
{
    return key < MOST_KEYS ? (void *)(size_t)values[key] : NULL;
}
