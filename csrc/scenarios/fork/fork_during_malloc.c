/* Forks while other threads allocate memory, and allocates memory in the children. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#define THREADS 2
#define FORKS 40
/*
 * Number of forks after which the scenario waits until the threads have gone through their loops. On
 * a busy computer, the threads may not run for many milliseconds. Without the waits, all forks could
 * meet the threads at one place outside of malloc.
 */
#define SERIES 4
/* Number of turns of the threads' loops for which the scenario waits. */
#define TURNS 4

static atomic_int is_over;
static atomic_int started;
static atomic_int turns;

static void *allocate(void *arg)
{
    size_t size = 1;

    atomic_fetch_add(&started, 1);
    while (!atomic_load(&is_over)) {
        void *volatile small = malloc(size);
        void *volatile large = malloc(size * 64);

        free(small);
        free(large);
        size = size * 7 % 4099 + 1;
        atomic_fetch_add(&turns, 1);
    }
    return arg;
}

/* Waits until the threads have gone through their loops several times. */
static void wait_for_turns(void)
{
    const int before = atomic_load(&turns);

    while (atomic_load(&turns) - before < TURNS) {
        sched_yield();
    }
}

static int in_child(void)
{
    size_t size;

    for (size = 1; size < 300000; size *= 3) {
        char *volatile memory = malloc(size);

        if (memory == NULL) {
            return 3;
        }
        memory[size - 1] = 1;
        free(memory);
    }
    return 0;
}

static int fork_once(void)
{
    pid_t child = fork();
    int end;

    if (child == -1) {
        return errno;
    }
    if (child == 0) {
        alarm(CSRC_CHILD_SECONDS);
        _exit(in_child());
    }
    end = csrc_end_of(child);
    switch (end) {
    case 0:
        return 0;
    case -SIGALRM:
        return csrc_wrong("malloc hung in a child of fork");
    case 3:
        return csrc_wrong("malloc failed in a child of fork");
    default:
        return csrc_wrong("a child of fork that allocates memory ended with status %d", end);
    }
}

int csrc_fork_during_malloc(void)
{
    pthread_t threads[THREADS];
    int count = 0;
    int error = 0;
    int i;

    while (count < THREADS && error == 0) {
        error = pthread_create(&threads[count], NULL, allocate, NULL);
        count += error == 0;
    }
    while (atomic_load(&started) < count) {
        sched_yield();
    }
    for (i = 0; i < FORKS && error == 0; i++) {
        if (i % SERIES == 0) {
            wait_for_turns();
        }
        error = fork_once();
    }
    atomic_store(&is_over, 1);
    while (count > 0) {
        pthread_join(threads[--count], NULL);
    }
    return error;
}
#else
int csrc_fork_during_malloc(void)
{
    return ENOTSUP;
}
#endif
