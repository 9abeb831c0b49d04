/* Mutant of the C library: pthread_kill signals the calling thread instead of the given thread. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>

int pthread_kill(pthread_t thread, int number)
{
    (void)thread;
    return raise(number);
}
