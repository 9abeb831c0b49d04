/* Interrupts blocked system calls by signals whose handlers do not ask for a restart. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

/*
 * Seconds that the sleeping thread requests. A signal ends the sleep long before 100 s have passed.
 */
#define LONG_SLEEP 100

static atomic_int is_blocked;
static atomic_int is_done;
static int ends[2];
static int result;

static void handler(int number)
{
    (void)number;
}

static void *read_nothing(void *arg)
{
    char byte;

    atomic_store(&is_blocked, 1);
    if (read(ends[0], &byte, 1) != -1 || errno != EINTR) {
        result = csrc_wrong("read did not return EINTR");
    }
    atomic_store(&is_done, 1);
    return arg;
}

static void *sleep_long(void *arg)
{
    const struct timespec request = {LONG_SLEEP, 0};
    struct timespec left = {-1, 0};

    atomic_store(&is_blocked, 1);
    if (nanosleep(&request, &left) != -1 || errno != EINTR) {
        result = csrc_wrong("nanosleep did not return EINTR");
    } else if (left.tv_sec < 1 || left.tv_sec > LONG_SLEEP) {
        result = csrc_wrong("nanosleep returned a wrong remaining time: %ld s", (long)left.tv_sec);
    }
    atomic_store(&is_done, 1);
    return arg;
}

/* No thread posts the semaphore, so a sem_wait that returns 0 is wrong. */
static void *wait_for_nobody(void *arg)
{
    sem_t semaphore;

    if (sem_init(&semaphore, 0, 0) == -1) {
        result = errno == ENOSYS ? 0 : errno; /* macOS has only named semaphores. */
        atomic_store(&is_done, 1);
        return arg;
    }
    atomic_store(&is_blocked, 1);
    if (sem_wait(&semaphore) != -1 || errno != EINTR) {
        result = csrc_wrong("sem_wait did not return EINTR, although nobody posted the semaphore");
    }
    atomic_store(&is_done, 1);
    sem_destroy(&semaphore);
    return arg;
}

/* Sends signals to a thread that blocks, until the thread reports that its call has returned. */
static int interrupt(void *(*body)(void *))
{
    pthread_t thread;
    int error;

    atomic_store(&is_blocked, 0);
    atomic_store(&is_done, 0);
    error = pthread_create(&thread, NULL, body, NULL);
    if (error != 0) {
        return error;
    }
    while (!atomic_load(&is_done)) {
        if (atomic_load(&is_blocked)) {
            pthread_kill(thread, SIGUSR1);
        }
        sched_yield();
    }
    error = pthread_join(thread, NULL);
    return error != 0 ? error : result;
}

struct target {
    pthread_t thread;
    atomic_int is_over;
};

static void *interrupt_often(void *arg)
{
    struct target *target = arg;
    const struct timespec pause = {0, 100000};

    while (!atomic_load(&target->is_over)) {
        pthread_kill(target->thread, SIGUSR1);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* Runs `body` while another thread sends signals to this thread. */
int csrc_eintr_during(csrc_callback *body)
{
    struct target target = {.thread = pthread_self()};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, interrupt_often, &target);

    if (error != 0) {
        return error;
    }
    body();
    atomic_store(&target.is_over, 1);
    return pthread_join(thread, NULL);
}

int csrc_eintr(void)
{
    static void *(*const bodies[])(void *) = {read_nothing, sleep_long, wait_for_nobody};
    struct sigaction action = {.sa_handler = handler};
    size_t i;
    int error = 0;

    sigemptyset(&action.sa_mask);
    if (pipe(ends) == -1 || sigaction(SIGUSR1, &action, NULL) == -1) {
        return errno;
    }
    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]) && error == 0; i++) {
        error = interrupt(bodies[i]);
    }
    close(ends[0]);
    close(ends[1]);
    return error;
}
#else
int csrc_eintr_during(csrc_callback *body)
{
    (void)body;
    return ENOTSUP;
}

int csrc_eintr(void)
{
    return ENOTSUP;
}
#endif
