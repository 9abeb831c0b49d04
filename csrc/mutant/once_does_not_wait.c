/*
 * Mutant of the C library: pthread_once returns at once if another thread runs the function.
 */
#include <pthread.h>

int pthread_once(pthread_once_t *control, void (*function)(void))
{
    if (__atomic_exchange_n(control, 1, __ATOMIC_SEQ_CST) == 0) {
        function();
    }
    return 0;
}
