/* pthread_cond_clockwait: the same for one wait, from POSIX.1-2024. */
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

int main(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    struct timespec now;
    int error;

    MUST(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    MUST(pthread_mutex_lock(&mutex) == 0);
    do {
        error = pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &now);
    } while (error == 0);
    MUST(error == ETIMEDOUT);
    return 0;
}
