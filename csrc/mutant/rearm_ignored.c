/*
 * Mutant of the C library: pthread_setspecific ignores every value of a thread's key after the
 * first value. A destructor that stores its key's value again is therefore not called in the next
 * pass.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

enum { MOST_KEYS = 1024 }; /* value of PTHREAD_KEYS_MAX in glibc */

static __thread unsigned char is_stored[MOST_KEYS];

int pthread_setspecific(pthread_key_t key, const void *value)
{
    int (*real)(pthread_key_t, const void *);

    find_real("pthread_setspecific", &real);
    if (key >= MOST_KEYS) {
        return EINVAL;
    }
    if (value != NULL && is_stored[key]) {
        return 0;
    }
    is_stored[key] |= value != NULL;
    return real(key, value);
}
