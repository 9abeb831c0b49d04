/*
 * Changes the state of a thread before the thread ends, and checks that the next thread starts with
 * fresh state.
 */
#define _XOPEN_SOURCE 700 /* for sigaltstack */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define SIGNAL_STACK ((size_t)64 << 10)
/*
 * Number of pairs of threads. With several pairs, a thread is likely to get the memory of an ended
 * thread.
 */
#define ROUNDS 8

struct run {
    csrc_callback *callback;
    void *signal_stack;
    int error;
};

static pthread_key_t key;
static _Thread_local int local = 42;

static void change_state(void *arg)
{
    struct run *run = arg;
    stack_t stack = {0};
    sigset_t set;

    run->callback();
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    run->error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    stack.ss_sp = run->signal_stack;
    stack.ss_size = SIGNAL_STACK;
    if (run->error == 0 && sigaltstack(&stack, NULL) == -1) {
        run->error = errno;
    }
    if (run->error == 0) {
        run->error = pthread_setspecific(key, run);
    }
#ifdef PTHREAD_CANCEL_DISABLE
    if (run->error == 0) {
        run->error = pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    }
#endif
    local = 43;
}

/* Deletes a key whose value the thread has set, and checks the value of a new key. */
static int check_new_key(void)
{
    pthread_key_t old;
    pthread_key_t new;
    int error = pthread_key_create(&old, NULL);

    if (error == 0) {
        error = pthread_setspecific(old, &key);
    }
    if (error == 0) {
        error = pthread_key_delete(old);
    }
    if (error == 0) {
        error = pthread_key_create(&new, NULL);
    }
    if (error == 0 && pthread_getspecific(new) != NULL) {
        error = csrc_wrong("pthread_key_create: a new key had the value of a deleted key");
    }
    return error;
}

static void check_state(void *arg)
{
    struct run *run = arg;
    stack_t stack;
    sigset_t set;
#ifdef PTHREAD_CANCEL_DISABLE
    int cancel = PTHREAD_CANCEL_ENABLE;
#endif

    if (local != 42) {
        run->error = csrc_wrong("a _Thread_local variable of a new thread had the value of an ended thread");
    }
    if (pthread_getspecific(key) != NULL) {
        run->error = csrc_wrong("pthread_getspecific: a new thread had the value of an ended thread");
    }
    if (pthread_sigmask(SIG_BLOCK, NULL, &set) != 0 || sigismember(&set, SIGUSR2) != 0) {
        run->error = csrc_wrong("pthread_sigmask: a new thread had the signal mask of an ended thread");
    }
    if (sigaltstack(NULL, &stack) == -1 || !(stack.ss_flags & SS_DISABLE)) {
        run->error = csrc_wrong("sigaltstack: a new thread had a signal stack");
    }
#ifdef PTHREAD_CANCEL_DISABLE
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel);
    if (cancel != PTHREAD_CANCEL_ENABLE) {
        run->error = csrc_wrong("pthread_setcancelstate: cancellation was disabled in a new thread");
    }
#endif
    if (run->error == 0) {
        run->error = check_new_key();
    }
    run->callback();
}

int csrc_fresh_thread_state(csrc_callback *callback)
{
    struct run run = {callback, malloc(SIGNAL_STACK), 0};
    int error = run.signal_stack == NULL ? ENOMEM : pthread_key_create(&key, NULL);
    int round;

    for (round = 0; error == 0 && run.error == 0 && round < ROUNDS; round++) {
        error = csrc_thread(change_state, &run);
        if (error == 0 && run.error == 0) {
            error = csrc_thread(check_state, &run);
        }
    }
    free(run.signal_stack);
    return error != 0 ? error : run.error;
}
#else
int csrc_fresh_thread_state(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
