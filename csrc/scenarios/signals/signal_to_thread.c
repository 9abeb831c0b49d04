/* Sends signals to single threads by pthread_kill. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#endif

/* Number of threads that get signals. Every second thread waits in a callback. */
#define THREADS 8
/* Index of threads that must get no signal. */
#define NO_INDEX 99

static _Thread_local volatile sig_atomic_t index_here = NO_INDEX;
static csrc_callback *call_in_handler;
/* A handler writes the index of its thread to this pipe. */
static int handled[2];
/* A thread writes its index to this pipe before it waits. */
static int ready[2];
/* The threads wait until this pipe is closed. */
static int over[2];

static void handle(int number)
{
    const int before = errno;
    const char index = (char)index_here;

    (void)number;
    call_in_handler();
    (void)!write(handled[1], &index, 1);
    errno = before;
}

/* Waits until the scenario is over, although signals interrupt the wait. */
void csrc_signal_to_thread_wait(void)
{
    const char index = (char)index_here;
    char byte;

    (void)!write(ready[1], &index, 1);
    while (read(over[0], &byte, 1) == -1 && errno == EINTR) {
    }
}

struct thread {
    pthread_t id;
    int index;
    csrc_callback *callback;
    csrc_callback *wait; /* A callback that calls csrc_signal_to_thread_wait. */
};

static void *on_thread(void *arg)
{
    const struct thread *thread = arg;

    index_here = thread->index;
    thread->callback();
    if (thread->index % 2 == 0) {
        thread->wait();
    } else {
        csrc_signal_to_thread_wait();
    }
    return NULL;
}

static int read_byte(int from)
{
    char byte = 0;

    while (read(from, &byte, 1) != 1) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return byte;
}

static int signal_each(const struct thread *threads)
{
    int each;

    for (each = 0; each < THREADS; each++) {
        int error = pthread_kill(threads[each].id, SIGUSR1);
        int index = error == 0 ? read_byte(handled[0]) : 0;

        if (error != 0) {
            return error;
        }
        if (index != each) {
            return csrc_wrong("pthread_kill to the thread %d ran the handler on %s", each,
                              index == NO_INDEX ? "a thread that got no signal" : "another thread");
        }
    }
    return 0;
}

#ifdef __linux__
static atomic_int ended;

static void *end(void *arg)
{
    atomic_store(&ended, (int)syscall(SYS_gettid));
    return arg;
}

/* Sends a signal to a thread that has ended and that no thread has joined. */
static int signal_ended(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, end, NULL);
    int sent;
    char byte;

    if (error != 0) {
        return error;
    }
    /* With the signal 0, tgkill only checks whether the thread exists. */
    while (atomic_load(&ended) == 0 || syscall(SYS_tgkill, getpid(), atomic_load(&ended), 0) == 0) {
        sched_yield();
    }
    sent = pthread_kill(thread, SIGUSR1);
    error = pthread_join(thread, NULL);
    fcntl(handled[0], F_SETFL, O_NONBLOCK);
    if (read(handled[0], &byte, 1) == 1) {
        return csrc_wrong("pthread_kill to a thread that has ended ran the handler on another thread");
    }
    if (sent == ESRCH) {
        return csrc_wrong("pthread_kill to a thread that has ended returned ESRCH instead of 0");
    }
    return sent != 0 ? sent : error;
}
#else
static int signal_ended(void)
{
    return 0; /* No known function tells whether a thread has ended. */
}
#endif

static int signal_all(csrc_callback *callback, csrc_callback *wait)
{
    struct thread threads[THREADS];
    int error = 0;
    int count = 0;
    int each;

    while (error == 0 && count < THREADS) {
        threads[count].index = count;
        threads[count].callback = callback;
        threads[count].wait = wait;
        error = pthread_create(&threads[count].id, NULL, on_thread, &threads[count]);
        count += error == 0;
    }
    for (each = 0; each < count; each++) {
        read_byte(ready[0]);
    }
    if (error == 0) {
        error = signal_each(threads);
    }
    if (error == 0) {
        error = signal_ended();
    }
    close(over[1]);
    for (each = 0; each < count; each++) {
        pthread_join(threads[each].id, NULL);
    }
    return error;
}

int csrc_signal_to_thread(csrc_callback *callback, csrc_callback *in_handler, csrc_callback *wait)
{
    struct sigaction action;
    struct sigaction before;
    int error;

    call_in_handler = in_handler;
    if (pipe(handled) == -1 || pipe(ready) == -1 || pipe(over) == -1) {
        return errno;
    }
    memset(&action, 0, sizeof(action));
    action.sa_handler = handle;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, &before) == -1) {
        return errno;
    }
    error = signal_all(callback, wait);
    sigaction(SIGUSR1, &before, NULL);
    return error;
}
#else
void csrc_signal_to_thread_wait(void)
{
}

int csrc_signal_to_thread(csrc_callback *callback, csrc_callback *in_handler, csrc_callback *wait)
{
    (void)callback;
    (void)in_handler;
    (void)wait;
    return ENOTSUP;
}
#endif
