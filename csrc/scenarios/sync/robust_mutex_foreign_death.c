/* Checks that a robust mutex reports to the next owner that the last owner has ended. */
#define _GNU_SOURCE
#include "../../testprog.h"

#include <errno.h>

#ifdef __linux__
#include "../../child.h"

#include <pthread.h>
#include <sys/mman.h>

static void lock_and_end(void *arg)
{
    pthread_mutex_t *mutex = arg;

    if (pthread_mutex_lock(mutex) != 0) {
        csrc_wrong("a thread could not lock the mutex");
    }
}

static int lock_in_child(pthread_mutex_t *mutex)
{
    pid_t child = fork();

    if (child == -1) {
        return errno;
    }
    if (child == 0) {
        alarm(CSRC_CHILD_SECONDS);
        _exit(pthread_mutex_lock(mutex) == 0 ? 0 : 3);
    }
    return csrc_end_of(child) == 0 ? 0 : csrc_wrong("a child process could not lock the mutex");
}

/* Takes over a mutex whose owner has ended, makes it consistent, and releases it. */
static int take_over(pthread_mutex_t *mutex, const char *owner)
{
    int error = pthread_mutex_trylock(mutex);

    if (error != EOWNERDEAD) {
        return csrc_wrong("after the death of its owner, %s, locking a robust mutex returns %d instead of EOWNERDEAD",
                          owner, error);
    }
    error = pthread_mutex_consistent(mutex);
    if (error == 0) {
        error = pthread_mutex_unlock(mutex);
    }
    if (error == 0) {
        error = pthread_mutex_trylock(mutex);
    }
    return error != 0 ? csrc_wrong("a mutex that was made consistent could not be used (%d)", error)
                      : pthread_mutex_unlock(mutex);
}

static int check(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);

    if (error == 0) {
        error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    }
    if (error == 0) {
        error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    }
    if (error == 0) {
        error = pthread_mutex_init(mutex, &attributes);
    }
    if (error == 0) {
        error = csrc_thread(lock_and_end, mutex);
    }
    if (error == 0) {
        error = take_over(mutex, "a thread");
    }
    if (error == 0) {
        error = lock_in_child(mutex);
    }
    return error != 0 ? error : take_over(mutex, "a process");
}

int csrc_robust_mutex_foreign_death(void)
{
    const size_t size = sizeof(pthread_mutex_t);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int error = memory == MAP_FAILED ? errno : check(memory);

    if (memory != MAP_FAILED) {
        munmap(memory, size);
    }
    return error;
}
#else
int csrc_robust_mutex_foreign_death(void)
{
    return ENOTSUP;
}
#endif
