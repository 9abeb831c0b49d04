/*
 * Checks that every thread that exits runs the destructor of a pthread key. The Rust runtime takes
 * back a thread's `Machine` (the runtime's record of the thread) in the destructor of a pthread
 * key.
 */
#include "../standalone.h"

#include <pthread.h>

#define THREADS 100

static pthread_key_t key;
static int taken;
static int given_back;

static void give_back(void *value)
{
    if (value == &taken) {
        given_back++;
    }
}

static void on_thread(void *arg)
{
    int *error = arg;

    standalone_callback();
    *error = pthread_setspecific(key, &taken);
    taken++;
}

int standalone_drop_machine(void)
{
    int error = pthread_key_create(&key, give_back);
    int set = 0;

    while (error == 0 && set == 0 && taken < THREADS) {
        error = csrc_thread(on_thread, &set);
    }
    if (error == 0 && set == 0 && given_back != taken) {
        error =
            csrc_wrong("pthread_key_create: of %d threads that exited, %d ran the key's destructor", taken, given_back);
    }
    return standalone_held(error != 0 ? error : set, THREADS, THREADS);
}
