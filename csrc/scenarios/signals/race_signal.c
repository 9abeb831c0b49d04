/* Sends signals to threads that allocate memory, and whose handlers write to a pipe. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS 2
/* Number of signals for each thread. */
#define SIGNALS 10
#define STACK_SIZE ((size_t)128 << 10)

struct thread {
    pthread_t id;
    char *signal_stack;
    csrc_callback *callback;
    int error;
};

static int pipe_ends[2];
static atomic_int is_over;
static atomic_int ready;
static atomic_int failed;
/* Number of bytes that have come through the pipe. */
static int received;

static void handler(int number)
{
    const char byte = (char)number;
    int saved = errno;

    if (write(pipe_ends[1], &byte, 1) != 1) {
        atomic_store(&failed, errno);
    }
    errno = saved;
}

static void *allocate(void *arg)
{
    struct thread *thread = arg;
    const stack_t set = {.ss_sp = thread->signal_stack, .ss_size = STACK_SIZE};
    const stack_t off = {.ss_flags = SS_DISABLE, .ss_size = STACK_SIZE};
    size_t size = 1;

    thread->error = sigaltstack(&set, NULL) == -1 ? errno : 0;
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&is_over)) {
        void *volatile memory = malloc(size);

        free(memory);
        size = size * 7 % 4099 + 1;
    }
    thread->callback();
    sigaltstack(&off, NULL);
    return NULL;
}

/* Waits until a handler has written a byte, or until the write of a handler has failed. */
static void wait_for_handler(void)
{
    struct pollfd pipe_end = {.fd = pipe_ends[0], .events = POLLIN};
    char byte;

    while (atomic_load(&failed) == 0) {
        /* The time limit of 10 ms ends only a wait for a handler whose write has failed. */
        if (poll(&pipe_end, 1, 10) == 1) {
            received += read(pipe_ends[0], &byte, 1) == 1;
            return;
        }
    }
}

/*
 * Sends the signals one at a time: each signal after the handler of the previous signal has written
 * its byte.
 */
static int send(const struct thread *threads)
{
    int sent = 0;
    int error = 0;

    while (sent < THREADS * SIGNALS && error == 0 && atomic_load(&failed) == 0) {
        const int number = sent / THREADS % 2 == 0 ? SIGUSR1 : SIGUSR2;

        error = pthread_kill(threads[sent % THREADS].id, number);
        sent++;
        if (error == 0) {
            wait_for_handler();
        }
    }
    return error;
}

static int set_handlers(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, NULL) == -1) {
        return errno;
    }
    action.sa_flags |= SA_ONSTACK;
    return sigaction(SIGUSR2, &action, NULL) == -1 ? errno : 0;
}

int csrc_race_signal(csrc_callback *callback)
{
    struct thread threads[THREADS] = {0};
    int count = 0;
    int error = pipe(pipe_ends) == -1 ? errno : set_handlers();

    while (count < THREADS && error == 0) {
        threads[count].callback = callback;
        threads[count].signal_stack = malloc(STACK_SIZE);
        error = threads[count].signal_stack == NULL ? ENOMEM : 0;
        if (error == 0) {
            error = pthread_create(&threads[count].id, NULL, allocate, &threads[count]);
        }
        count += error == 0;
    }
    while (atomic_load(&ready) < count) {
        sched_yield();
    }
    if (error == 0) {
        error = send(threads);
    }
    atomic_store(&is_over, 1);
    while (count > 0) {
        count--;
        pthread_join(threads[count].id, NULL);
        error = error != 0 ? error : threads[count].error;
        free(threads[count].signal_stack);
    }
    if (error != 0) {
        return error;
    }
    if (atomic_load(&failed) != 0) {
        return csrc_wrong("write in a signal handler failed with errno %d", atomic_load(&failed));
    }
    return received == THREADS * SIGNALS
               ? 0
               : csrc_wrong("%d bytes came through the pipe instead of %d", received, THREADS * SIGNALS);
}
#else
int csrc_race_signal(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
