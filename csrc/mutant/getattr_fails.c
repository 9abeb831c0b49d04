/*
 * Mutant of the C library: pthread_getattr_np fails, as in glibc on the main thread if /proc is
 * missing (https://go.dev/issue/71896).
 */
#define _GNU_SOURCE /* for pthread_attr_t */
#include <errno.h>
#include <pthread.h>

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr)
{
    (void)thread;
    (void)attr;
    return ENOENT;
}
