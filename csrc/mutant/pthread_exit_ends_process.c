/* Mutant of the C library: pthread_exit of any thread ends the process. */
#include <pthread.h>
#include <unistd.h>

void pthread_exit(void *value)
{
    (void)value;
    _exit(0);
}
