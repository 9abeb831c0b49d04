/* pthread_exit: the process goes on without its main thread, and ends with status 0 after its last one. */
#include "probe.h"

#include <pthread.h>

static pthread_t first;

static void *second(void *arg)
{
    MUST(pthread_join(first, NULL) == 0);
    return arg;
}

int main(void)
{
    pthread_t thread;

    first = pthread_self();
    MUST(pthread_create(&thread, NULL, second, NULL) == 0);
    pthread_exit((void *)1);
}
