/*
 * Checks that a constructor can start a thread, allocate memory, use thread-local variables and
 * read the environment.
 */
#include "../probe.h"

#include <pthread.h>

static _Thread_local volatile int variable = 5;
static int started;
static int ran;

static void *start(void *arg)
{
    MUST(variable == 5);
    variable = 6;
    started = 1;
    return arg;
}

__attribute__((constructor)) static void constructor(void)
{
    pthread_t thread;
    char *memory = malloc(1000);

    MUST(memory != NULL);
    free(memory);
    MUST(setenv("TESTPROG_PROBE", "early", 1) == 0);
    MUST(getenv("TESTPROG_PROBE") != NULL);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(started && variable == 5);
    ran = 1;
}

int main(void)
{
    MUST(ran);
    MUST(getenv("TESTPROG_PROBE") != NULL);
    HELD();
    return 0;
}
