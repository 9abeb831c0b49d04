/*
 * Mutant of the C library: pthread_cancel does nothing.
 */
#define _GNU_SOURCE
#include <pthread.h>

int pthread_cancel(pthread_t thread)
{
    (void)thread;
    return 0;
}
