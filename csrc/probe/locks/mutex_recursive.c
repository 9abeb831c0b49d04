/*
 * Checks that a second lock by the same thread succeeds on a mutex of type PTHREAD_MUTEX_RECURSIVE,
 * and returns EDEADLK on a mutex of type PTHREAD_MUTEX_ERRORCHECK, whose second unlock returns
 * EPERM.
 */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>

int main(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t recursive;
    pthread_mutex_t checked;

    MUST(pthread_mutexattr_init(&attr) == 0);
    MUST(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) == 0);
    MUST(pthread_mutex_init(&recursive, &attr) == 0);
    MUST(pthread_mutex_lock(&recursive) == 0 && pthread_mutex_lock(&recursive) == 0);
    MUST(pthread_mutex_unlock(&recursive) == 0 && pthread_mutex_unlock(&recursive) == 0);
    MUST(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
    MUST(pthread_mutex_init(&checked, &attr) == 0);
    MUST(pthread_mutex_lock(&checked) == 0 && pthread_mutex_lock(&checked) == EDEADLK);
    MUST(pthread_mutex_unlock(&checked) == 0 && pthread_mutex_unlock(&checked) == EPERM);
    HELD();
    return 0;
}
