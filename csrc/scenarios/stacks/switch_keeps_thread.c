/*
 * Switches to another stack, and checks that code on the other stack belongs to the same thread:
 * errno, thread-local variables, pthread_self and the values of pthread keys.
 */
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>
#include <stdlib.h>
#ifndef _WIN32
#include <pthread.h>
#endif

#define STACK_SIZE ((size_t)64 << 10)

/* Two errno values that no function in this scenario sets. */
#define ON_OWN_STACK EDOM
#define ON_OTHER_STACK ERANGE

struct run {
    csrc_callback *callback;
    char *stack;
    int error;
};

static _Thread_local volatile int local;

#ifndef _WIN32
static pthread_t self;
static pthread_key_t key;

static int begin_thread(void *value)
{
    self = pthread_self();
    return pthread_setspecific(key, value);
}

static int check_thread(const void *value)
{
    if (!pthread_equal(pthread_self(), self)) {
        return csrc_wrong("pthread_self on the other stack is not the thread that switched stacks");
    }
    return pthread_getspecific(key) == value
               ? 0
               : csrc_wrong("pthread_getspecific on the other stack does not return the thread's value");
}

static int make_key(void)
{
    return pthread_key_create(&key, NULL);
}

static void delete_key(void)
{
    pthread_key_delete(key);
}
#else
static int begin_thread(void *value)
{
    (void)value;
    return 0;
}

static int check_thread(const void *value)
{
    (void)value;
    return 0;
}

static int make_key(void)
{
    return 0;
}

static void delete_key(void)
{
}
#endif

static void on_other_stack(void *arg)
{
    struct run *run = arg;
    int before = errno;

    if (before != ON_OWN_STACK) {
        run->error = csrc_wrong("errno is %d on the other stack instead of %d", before, ON_OWN_STACK);
        return;
    }
    if (local != 1) {
        run->error = csrc_wrong("a thread-local variable is %d on the other stack instead of 1", local);
        return;
    }
    run->error = check_thread(run);
    if (run->error != 0) {
        return;
    }
    run->callback();
    local++;
    errno = ON_OTHER_STACK;
}

static void there_and_back(void *arg)
{
    struct run *run = arg;
    int switched, after;

    run->error = begin_thread(run);
    if (run->error != 0) {
        return;
    }
    local = 1;
    errno = ON_OWN_STACK;
    switched = csrc_switch(csrc_on_stack_any, run->stack, STACK_SIZE, on_other_stack, run);
    after = errno;
    if (switched != 0 || run->error != 0) {
        run->error = switched != 0 ? switched : run->error;
    } else if (after != ON_OTHER_STACK) {
        run->error = csrc_wrong("errno is %d after the switch back instead of %d", after, ON_OTHER_STACK);
    } else if (local != 2) {
        run->error = csrc_wrong("a thread-local variable is %d after the switch back instead of 2", local);
    } else {
        run->error = check_thread(run);
    }
}

int csrc_switch_keeps_thread(csrc_callback *callback)
{
    struct run run = {callback, NULL, 0};
    int error = make_key();

    if (error != 0) {
        return error;
    }
    /*
     * The main thread allocates the stack, so that the stack is far away from the stack of the
     * thread that uses it.
     */
    run.stack = malloc(STACK_SIZE);
    error = run.stack == NULL ? ENOMEM : csrc_thread(there_and_back, &run);
    free(run.stack);
    delete_key();
    return error != 0 ? error : run.error;
}
