/* Mutant of the C library: pthread_key_delete succeeds, but does not delete the key. */
#include <pthread.h>

int pthread_key_delete(pthread_key_t key)
{
    (void)key;
    return 0;
}
