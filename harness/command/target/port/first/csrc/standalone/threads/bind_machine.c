/*
 * Checks that a thread finds its thread-specific values at each callback, and that no other thread
 * finds these values.
 */
#include "../standalone.h"

#include <pthread.h>

static pthread_key_t key;
static _Thread_local int local;
static int values[3];
static int locals[3];
static int error;

/*
 * Stores `number` as the calling thread's value if the thread has no value yet. Every callback
 * reads the value that the calling thread has stored.
 */
static void callback(int turn, int number)
{
    static int machines[3] = {0, 1, 2};

    standalone_callback();
    if (pthread_getspecific(key) == NULL) {
        local = number;
        error = pthread_setspecific(key, &machines[number]);
    }
    if (error == 0) {
        values[turn] = *(int *)pthread_getspecific(key);
        locals[turn] = local;
    }
}

static void second(void *arg)
{
    (void)arg;
    callback(1, 2);
}

static void first(void *arg)
{
    (void)arg;
    callback(0, 1);
    if (error == 0) {
        error = csrc_thread(second, NULL);
    }
    if (error == 0) {
        callback(2, 0); /* This callback stores 0 only if the thread has lost its value 1. */
    }
}

int standalone_bind_machine(void)
{
    int created = pthread_key_create(&key, NULL);
    int ran = created != 0 ? created : csrc_thread(first, NULL);

    if (ran == 0 && error == 0 && (values[0] != 1 || values[1] != 2 || values[2] != 1)) {
        standalone_wrong("pthread_getspecific: a thread did not find the value that it had stored");
    }
    if (ran == 0 && error == 0 && (locals[0] != 1 || locals[1] != 2 || locals[2] != 1)) {
        standalone_wrong("_Thread_local: a thread did not find the value that it had stored");
    }
    return standalone_held(ran != 0 ? ran : error, 3, 3);
}
