/*
 * Mutant of the C library: sem_wait returns 0 if a signal interrupts it.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <errno.h>
#include <semaphore.h>

int sem_wait(sem_t *semaphore)
{
    int (*real)(sem_t *);
    int result;

    find_real("sem_wait", &real);
    result = real(semaphore);
    return result == -1 && errno == EINTR ? 0 : result;
}
