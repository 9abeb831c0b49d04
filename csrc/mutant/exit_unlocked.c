/*
 * Mutant of the C library: exit takes no lock, so four threads that call exit at the same time each
 * run all exit handlers. The threads wait for each other before and after they run the handlers, so
 * that the fault occurs in every run.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <pthread.h>
#include <stdlib.h>

int __cxa_atexit(void (*handler)(void *), void *arg, void *object);

enum { MOST = 1024 };

static struct {
    void (*handler)(void *);
    void *arg;
} registered[MOST];
static int count;

int __cxa_atexit(void (*handler)(void *), void *arg, void *object)
{
    (void)object;
    if (count == MOST) {
        abort();
    }
    registered[count].handler = handler;
    registered[count].arg = arg;
    count++;
    return 0;
}

enum { CALLERS = 4 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_arrived = PTHREAD_COND_INITIALIZER;
static int arrived;

/* Waits until `calls` calls of this function have begun. */
static void wait_for(int calls)
{
    pthread_mutex_lock(&mutex);
    arrived++;
    pthread_cond_broadcast(&has_arrived);
    while (arrived < calls) {
        pthread_cond_wait(&has_arrived, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

void exit(int status)
{
    void (*real)(int) __attribute__((noreturn));
    int each;

    find_real("exit", &real);
    wait_for(CALLERS);
    for (each = count; each > 0; each--) {
        registered[each - 1].handler(registered[each - 1].arg);
    }
    wait_for(2 * CALLERS);
    real(status);
}
