/*
 * Checks that a robust mutex tells the next thread (EOWNERDEAD) that the mutex's owner ended, and
 * that pthread_mutex_consistent makes the mutex usable again. The probe fails in an emulator without
 * the system call set_robust_list, such as qemu-user.
 */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>

static pthread_mutex_t mutex;

static void *start(void *arg)
{
    MUST(pthread_mutex_lock(&mutex) == 0);
    return arg;
}

int main(void)
{
    pthread_mutexattr_t attr;
    pthread_t thread;

    MUST(pthread_mutexattr_init(&attr) == 0);
    MUST(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0);
    MUST(pthread_mutex_init(&mutex, &attr) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(pthread_mutex_trylock(&mutex) == EOWNERDEAD);
    MUST(pthread_mutex_consistent(&mutex) == 0);
    MUST(pthread_mutex_unlock(&mutex) == 0);
    MUST(pthread_mutex_lock(&mutex) == 0);
    MUST(pthread_mutex_unlock(&mutex) == 0);
    HELD();
    return 0;
}
