/* Forks while other threads call back, register stacks and allocate memory. */
#define _DEFAULT_SOURCE /* for MAP_ANONYMOUS */
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

/*
 * Number of forks from each of the three kinds of threads. A thread holds the lock of the
 * registered stacks about a third of the time, so at least one fork almost certainly meets the held
 * lock.
 */
#define FORKS 16
/* Number of turns of the busy threads' loops between two forks, several for each thread. */
#define TURNS 12
/* Size in bytes of a stack that a thread registers, and on which no code runs. */
#define STACK_SIZE ((size_t)64 << 10)

struct run {
    csrc_callback *callback;
    int (*in_child)(void);
    pthread_mutex_t pause; /* The thread that forks holds this lock while it waits for a child. */
    atomic_int turns;      /* Number of times that busy threads have gone through their loops. */
    atomic_int is_over;
    atomic_int started;
    int status;
    int error;
};

/*
 * Ends a turn of a busy thread's loop. Sleeps while the thread that forks waits for a child, so that
 * busy threads waste no time.
 */
static void end_turn(struct run *run)
{
    atomic_fetch_add(&run->turns, 1);
    pthread_mutex_lock(&run->pause);
    pthread_mutex_unlock(&run->pause);
}

/* Waits until the busy threads, which sleep while a child runs, have gone on with their work. */
static void wait_until_busy(struct run *run)
{
    const int before = atomic_load(&run->turns);

    while (atomic_load(&run->turns) - before < TURNS) {
        sched_yield();
    }
}

static void *register_stacks(void *arg)
{
    struct run *run = arg;
    char *stack = malloc(STACK_SIZE);

    atomic_fetch_add(&run->started, 1);
    while (stack != NULL && !atomic_load(&run->is_over)) {
        runtime_register_stack(stack, stack + STACK_SIZE);
        runtime_retire_stack(stack);
        sched_yield();
        end_turn(run);
    }
    free(stack);
    return NULL;
}

static void call_back(void *arg)
{
    const struct run *run = arg;

    run->callback();
}

static void *start_threads(void *arg)
{
    struct run *run = arg;

    atomic_fetch_add(&run->started, 1);
    while (!atomic_load(&run->is_over)) {
        csrc_thread(call_back, run);
        end_turn(run);
    }
    return NULL;
}

static void *allocate(void *arg)
{
    struct run *run = arg;

    atomic_fetch_add(&run->started, 1);
    while (!atomic_load(&run->is_over)) {
        void *volatile memory = malloc(1000);

        free(memory);
        sched_yield();
        end_turn(run);
    }
    return NULL;
}

/*
 * Returns how `child` ends, like csrc_end_of. `end` is the read end of a pipe, which closes when the
 * child ends. A child that hangs in an emulator may block all signals, also SIGALRM. If SIGALRM has
 * not killed the child long after it was due, this function sends SIGKILL.
 */
static int end_in_time(pid_t child, int end)
{
    struct pollfd pipe_end = {.fd = end, .events = POLLIN};

    if (poll(&pipe_end, 1, 2 * CSRC_CHILD_SECONDS * 1000) == 0) {
        kill(child, SIGKILL);
    }
    return csrc_end_of(child);
}

/*
 * Forks once, and stores the exit status of the child in run->status, or the negative number of the
 * signal that killed the child.
 */
static void fork_once(struct run *run)
{
    int ends[2];
    pid_t child;

    if (pipe(ends) == -1) {
        run->error = errno;
        return;
    }
    wait_until_busy(run);
    child = fork();
    if (child == 0) {
        alarm(CSRC_CHILD_SECONDS);
        _exit(run->in_child());
    }
    close(ends[1]);
    if (child == -1) {
        run->error = errno;
    } else {
        pthread_mutex_lock(&run->pause);
        run->status = end_in_time(child, ends[0]);
        pthread_mutex_unlock(&run->pause);
    }
    close(ends[0]);
}

static void fork_often(void *arg)
{
    struct run *run = arg;
    int count;

    for (count = 0; count < FORKS && run->error == 0 && run->status == 0; count++) {
        fork_once(run);
    }
}

static void call_back_and_fork(void *arg)
{
    call_back(arg);
    fork_often(arg);
}

/*
 * Forks from the calling thread, from a new thread that has called back, and from a new thread that
 * has not called back. Stores the exit status of the first child that failed in *status, or the
 * negative number of the signal that killed the child.
 */
int csrc_fork_with_threads_busy(csrc_callback *callback, int (*in_child)(void), int *status)
{
    static void *(*const busy[])(void *) = {register_stacks, start_threads, start_threads, allocate};
    enum { THREADS = sizeof busy / sizeof busy[0] };
    struct run run = {.callback = callback, .in_child = in_child, .pause = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[THREADS];
    int count = 0;

    while (count < THREADS && run.error == 0) {
        run.error = pthread_create(&threads[count], NULL, busy[count], &run);
        count += run.error == 0;
    }
    while (atomic_load(&run.started) < count) {
        sched_yield();
    }
    fork_often(&run);
    if (run.error == 0) {
        run.error = csrc_thread(call_back_and_fork, &run);
    }
    if (run.error == 0) {
        run.error = csrc_thread(fork_often, &run);
    }
    atomic_store(&run.is_over, 1);
    while (count > 0) {
        pthread_join(threads[--count], NULL);
    }
    *status = run.status;
    return run.error;
}

/* Calls back from a new thread, and registers and retires a stack in newly allocated memory. */
int csrc_fork_child(csrc_callback *callback)
{
    char *stack = malloc(STACK_SIZE);
    struct run run = {.callback = callback};
    int error = stack == NULL ? ENOMEM : csrc_thread(call_back, &run);

    if (error == 0) {
        error = runtime_register_stack(stack, stack + STACK_SIZE);
    }
    if (error == 0) {
        error = runtime_retire_stack(stack);
    }
    free(stack);
    return error;
}
#else
int csrc_fork_with_threads_busy(csrc_callback *callback, int (*in_child)(void), int *status)
{
    (void)callback;
    (void)in_child;
    (void)status;
    return ENOTSUP;
}

int csrc_fork_child(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
