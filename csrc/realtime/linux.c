/*
 * Lets a real-time thread make its first callback while a thread of normal priority on the same
 * processor holds the lock of the runtime's pool.
 */
#define _GNU_SOURCE /* for sched_setaffinity and RLIMIT_RTTIME */
#include "../testprog.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Processor time in microseconds after which the kernel sends SIGXCPU to a real-time thread that
 * has not slept. A first callback needs less than 1 ms of processor time, even in a debug build.
 */
#define LONGEST ((rlim_t)300000)

static sem_t is_held;
static atomic_int caller; /* ID of the real-time thread when the thread is about to make its callback. */

/* Returns whether a thread sleeps, according to /proc/PID/task/TID/stat (proc_pid_stat(5)). */
static int sleeps(int thread)
{
    char path[64];
    char text[256];
    const char *name_end;
    ssize_t length = -1;
    int file;

    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file != -1) {
        length = read(file, text, sizeof text - 1);
        close(file);
    }
    if (length <= 0) {
        /* Without /proc, report a sleeping thread, so that the runtime does not wait for ever. */
        return 1;
    }
    text[length] = '\0';
    name_end = strrchr(text, ')');
    return name_end != NULL && strncmp(name_end, ") S", 3) == 0;
}

/*
 * Wakes the real-time thread, and returns when that thread sleeps in its callback. The runtime calls
 * this function on the thread of normal priority while the thread holds the lock of the runtime's
 * pool, so the real-time thread sleeps until the lock is released.
 *
 * If the real-time threads of a processor have used their share of a second, Linux runs other
 * threads until the second is over (sched(7)). Without the loop, the thread of normal priority could
 * then release the lock before the real-time thread needs the lock, or while the real-time thread
 * spins.
 */
void csrc_realtime_is_held(void)
{
    int thread = 0;

    sem_post(&is_held);
    while (thread == 0 || !sleeps(thread)) {
        sched_yield();
        thread = atomic_load(&caller);
    }
}

static void *real_time(void *arg)
{
    csrc_callback *const *callback = arg;

    while (sem_wait(&is_held) == -1 && errno == EINTR) {
    }
    atomic_store(&caller, (int)syscall(SYS_gettid));
    (*callback)();
    return NULL;
}

static void *normal(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
    return NULL;
}

/* Restricts this thread, and the threads that it creates later, to one processor. */
static int use_one_processor(void)
{
    cpu_set_t all;
    cpu_set_t one;
    int cpu = 0;

    if (sched_getaffinity(0, sizeof all, &all) == -1) {
        return errno;
    }
    while (!CPU_ISSET(cpu, &all)) {
        cpu++;
    }
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == -1 ? errno : 0;
}

static int start_real_time(pthread_t *thread, csrc_callback *const *callback)
{
    const struct sched_param priority = {.sched_priority = 1};
    pthread_attr_t attr;
    int error = pthread_attr_init(&attr);

    if (error != 0) {
        return error;
    }
    pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
    pthread_attr_setschedparam(&attr, &priority);
    error = pthread_create(thread, &attr, real_time, (void *)callback);
    pthread_attr_destroy(&attr);
    return error;
}

int csrc_realtime_first_callback(csrc_callback *callback)
{
    struct rlimit limit;
    pthread_t first;
    pthread_t second;
    int error = use_one_processor();

    if (error == 0 && getrlimit(RLIMIT_RTTIME, &limit) == 0) {
        limit.rlim_cur = LONGEST;
        setrlimit(RLIMIT_RTTIME, &limit);
    }
    if (error == 0) {
        error = sem_init(&is_held, 0, 0) == -1 ? errno : 0;
    }
    if (error == 0) {
        error = start_real_time(&first, &callback);
    }
    if (error != 0) {
        return error;
    }
    error = pthread_create(&second, NULL, normal, &callback);
    if (error != 0) {
        return error;
    }
    pthread_join(second, NULL);
    return pthread_join(first, NULL);
}
