/*
 * Checks that each thread has a copy of a _Thread_local variable, with the variable's initial value
 * and alignment.
 */
#include "../probe.h"

#include <pthread.h>
#include <stdint.h>

static _Alignas(256) _Thread_local volatile int variable = 5;
static int ran;

static void *start(void *arg)
{
    MUST(variable == 5);
    MUST((uintptr_t)&variable % 256 == 0);
    variable = 6;
    ran = 1;
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(variable == 5);
    MUST((uintptr_t)&variable % 256 == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(ran && variable == 5);
    HELD();
    return 0;
}
