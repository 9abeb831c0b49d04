/* Mutant of the C library: pthread_join always reports the value NULL of the ended thread. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <stddef.h>

int pthread_join(pthread_t thread, void **value)
{
    int (*real)(pthread_t, void **);
    int error;

    find_real("pthread_join", &real);
    error = real(thread, NULL);
    if (error == 0 && value != NULL) {
        *value = NULL;
    }
    return error;
}
