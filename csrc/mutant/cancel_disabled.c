/*
 * Mutant of the C library: new threads start with cancellation disabled.
 */
#include "start.h"

static void *run(void *(*function)(void *), void *arg)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    return function(arg);
}
