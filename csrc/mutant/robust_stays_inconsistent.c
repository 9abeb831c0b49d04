/* Mutant of the C library: pthread_mutex_consistent does nothing. */
#include <pthread.h>

int pthread_mutex_consistent(pthread_mutex_t *mutex)
{
    (void)mutex;
    return 0;
}
