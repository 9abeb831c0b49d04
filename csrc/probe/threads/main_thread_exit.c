/*
 * Checks that a process continues after its main thread has called pthread_exit. After the main
 * thread has called pthread_exit, the process must exit with status 0 once its last thread has
 * ended.
 */
#include "../probe.h"

#include <pthread.h>

static pthread_t first;
static int joined;

/*
 * Checks, when the process exits, that the second thread has joined the main thread. If the main
 * thread's pthread_exit had ended the process, the second thread could not have joined the main
 * thread.
 */
static void check(void)
{
    MUST(joined);
    HELD_IF_STATUS_0();
}

static void *second(void *arg)
{
    void *result = NULL;

    MUST(pthread_join(first, &result) == 0 && result == (void *)1);
    joined = 1;
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(atexit(check) == 0);
    first = pthread_self();
    MUST(pthread_create(&thread, NULL, second, NULL) == 0);
    pthread_exit((void *)1);
}
