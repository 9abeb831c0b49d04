/*
 * Mutant of the C library: sem_wait returns 0 if a signal interrupts it.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <semaphore.h>
#include <string.h>

int sem_wait(sem_t *semaphore)
{
    int (*real)(sem_t *);
    int result;
    void *symbol = dlsym(RTLD_NEXT, "sem_wait");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    result = real(semaphore);
    return result == -1 && errno == EINTR ? 0 : result;
}
