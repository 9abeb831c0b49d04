/* pthread_condattr_setclock: a wait with an end by the monotonic clock. */
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

int main(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_condattr_t attr;
    pthread_cond_t condition;
    struct timespec now;
    int error;

    MUST(pthread_condattr_init(&attr) == 0);
    MUST(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    MUST(pthread_cond_init(&condition, &attr) == 0);
    MUST(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    MUST(pthread_mutex_lock(&mutex) == 0);
    do {
        error = pthread_cond_timedwait(&condition, &mutex, &now);
    } while (error == 0); /* it may wake for nothing */
    MUST(error == ETIMEDOUT);
    return 0;
}
