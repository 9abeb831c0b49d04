/*
 * Mutant of the C library: pthread_key_create may return a key that was deleted before, with the
 * threads' values of the deleted key. The mutant reuses only a key without a destructor.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <stddef.h>

enum { MOST_KEYS = 1024 }; /* value of PTHREAD_KEYS_MAX in glibc */

static void (*destructors[MOST_KEYS])(void *);
static pthread_key_t deleted;
static int has_deleted;

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    int (*real)(pthread_key_t *, void (*)(void *));
    int error;

    if (has_deleted && destructor == NULL) {
        has_deleted = 0;
        *key = deleted;
        return 0;
    }
    find_real("pthread_key_create", &real);
    error = real(key, destructor);
    if (error == 0 && *key < MOST_KEYS) {
        destructors[*key] = destructor;
    }
    return error;
}

int pthread_key_delete(pthread_key_t key)
{
    int (*real)(pthread_key_t);

    if (!has_deleted && key < MOST_KEYS && destructors[key] == NULL) {
        has_deleted = 1;
        deleted = key;
        return 0;
    }
    find_real("pthread_key_delete", &real);
    return real(key);
}
