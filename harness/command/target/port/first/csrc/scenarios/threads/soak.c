/*
 * Starts and ends threads that call back into the runtime from their own and other stacks, while
 * signals arrive at random moments.
 */
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS && HAVE_STACK_SWITCH
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Number of threads that run at the same time. */
#define THREADS 64
/*
 * Size of a stack in bytes, larger than the 32 KiB that the runtime assumes for an unknown stack,
 * so the estimates for two stacks do not overlap.
 */
#define STACK_SIZE ((size_t)64 << 10)
/*
 * Number of rounds of callbacks that each thread makes. A thread gets its `Machine` (the runtime's
 * record of one thread) in its first round, and keeps the `Machine` for later rounds.
 */
#define ROUNDS 3

struct life {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t is_due;
    int is_due_now;
    csrc_callback *callback;
    unsigned number;
    unsigned callbacks;
    int error;
};

static csrc_callback *volatile call_in_handler;
static atomic_uint signals;
static atomic_int is_over;

static void handler(int signal)
{
    int saved = errno;

    (void)signal;
    call_in_handler();
    atomic_fetch_add(&signals, 1);
    errno = saved;
}

static void call(void *arg)
{
    struct life *life = arg;

    life->callback();
    life->callbacks++;
}

static int on_other_stack(struct life *life)
{
    void *stack = malloc(STACK_SIZE);
    int error = stack == NULL ? ENOMEM : csrc_switch(csrc_on_stack_any, stack, STACK_SIZE, call, life);

    free(stack);
    return error;
}

static int has_signal_stack(const struct life *life)
{
    return life->number % 2 == 0;
}

static int live(struct life *life)
{
    int error = 0;
    int round;

    for (round = 0; error == 0 && round < ROUNDS; round++) {
        /*
         * The first callback comes from the thread's own stack in threads with an even number, and
         * from another stack in threads with an odd number.
         */
        if (round > 0 || has_signal_stack(life)) {
            call(life);
        }
        error = on_other_stack(life);
    }
    return error;
}

/*
 * Waits until a new thread is about to replace this thread. Signal handlers still call back into
 * the runtime during the wait.
 */
static void wait_until_due(struct life *life)
{
    pthread_mutex_lock(&life->mutex);
    while (!life->is_due_now) {
        pthread_cond_wait(&life->is_due, &life->mutex);
    }
    pthread_mutex_unlock(&life->mutex);
}

static int set_signal_stack(void *stack, int flags)
{
    stack_t alternate = {0};

    alternate.ss_sp = stack;
    alternate.ss_size = STACK_SIZE;
    alternate.ss_flags = flags;
    return sigaltstack(&alternate, NULL) == -1 ? errno : 0;
}

static void *start(void *arg)
{
    struct life *life = arg;
    void *stack = malloc(STACK_SIZE);
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    if (stack == NULL) {
        life->error = ENOMEM;
        return NULL;
    }
    if (has_signal_stack(life)) {
        life->error = set_signal_stack(stack, 0);
    }
    pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
    if (life->error == 0) {
        life->error = live(life);
        wait_until_due(life);
    }
    if (life->error == 0) {
        /*
         * Other threads have called back since this thread's last callback, so the callback on the
         * next line detects a `Machine` that two threads share.
         */
        call(life);
    }
    if (has_signal_stack(life) && life->error == 0) {
        life->error = set_signal_stack(stack, SS_DISABLE);
    }
    free(stack);
    return NULL; /* Signals stay unblocked while the thread gives its `Machine` back to the runtime. */
}

/*
 * Sends SIGUSR1 to this process again and again. The kernel chooses the thread that handles a
 * signal, and may choose a thread that is about to end.
 */
static void *rain(void *arg)
{
    while (!atomic_load(&is_over)) {
        kill(getpid(), SIGUSR1);
        sched_yield();
    }
    return arg;
}

static int join(struct life *life, unsigned *callbacks)
{
    int error;

    pthread_mutex_lock(&life->mutex);
    life->is_due_now = 1;
    pthread_cond_signal(&life->is_due);
    pthread_mutex_unlock(&life->mutex);
    error = pthread_join(life->thread, NULL);
    *callbacks += life->callbacks;
    return error != 0 ? error : life->error;
}

static int begin(struct life *life, unsigned number, csrc_callback *callback)
{
    life->is_due_now = 0;
    life->callback = callback;
    life->number = number;
    life->callbacks = 0;
    life->error = 0;
    return pthread_create(&life->thread, NULL, start, life);
}

/*
 * Runs all threads of the scenario, at most THREADS at the same time. Each further thread replaces
 * the oldest running thread.
 */
static int live_all(csrc_callback *callback, unsigned seconds, unsigned counts[3])
{
    static struct life places[THREADS];
    const time_t end = time(NULL) + (time_t)seconds;
    unsigned number;
    unsigned joined = 0;
    int error = 0;

    for (number = 0; number < THREADS; number++) {
        pthread_mutex_init(&places[number].mutex, NULL);
        pthread_cond_init(&places[number].is_due, NULL);
    }
    number = 0;
    while (error == 0 && (number < counts[0] || atomic_load(&signals) < counts[1] || time(NULL) < end)) {
        if (number >= THREADS) {
            error = join(&places[joined++ % THREADS], &counts[2]);
        }
        if (error == 0) {
            error = begin(&places[number % THREADS], number, callback);
            number += error == 0;
        }
    }
    while (joined < number) {
        int last = join(&places[joined++ % THREADS], &counts[2]);

        error = error != 0 ? error : last;
    }
    counts[0] = number;
    return error;
}

/*
 * Runs threads for at least `seconds` seconds, and until at least counts[0] threads have started
 * and counts[1] signals have been handled. Stores the numbers of threads and signals in counts[0]
 * and counts[1], and adds the number of callbacks to counts[2].
 */
int csrc_soak(csrc_callback *callback, csrc_callback *in_handler, unsigned seconds, unsigned counts[3])
{
    struct sigaction action = {0};
    pthread_t rain_maker;
    int error;

    call_in_handler = in_handler;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR1);
    /*
     * Blocks SIGUSR1 in this thread and, since threads inherit the signal mask, in the thread that
     * sends SIGUSR1.
     */
    pthread_sigmask(SIG_BLOCK, &action.sa_mask, NULL);
    sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    if (sigaction(SIGUSR1, &action, NULL) == -1) {
        return errno;
    }
    error = pthread_create(&rain_maker, NULL, rain, NULL);
    if (error != 0) {
        return error;
    }
    error = live_all(callback, seconds, counts);
    atomic_store(&is_over, 1);
    pthread_join(rain_maker, NULL);
    counts[1] = atomic_load(&signals);
    return error;
}

int csrc_soak_again(csrc_callback *callback)
{
    struct life life = {0};

    life.callback = callback;
    return on_other_stack(&life);
}
#else
int csrc_soak(csrc_callback *callback, csrc_callback *in_handler, unsigned seconds, unsigned counts[3])
{
    (void)callback;
    (void)in_handler;
    (void)seconds;
    (void)counts;
    return ENOTSUP;
}

int csrc_soak_again(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
