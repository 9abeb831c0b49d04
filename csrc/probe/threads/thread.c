/*
 * Checks that pthread_create runs a thread, and that pthread_join waits for the thread and returns
 * the thread's result.
 */
#include "../probe.h"

#include <pthread.h>

static void *start(void *arg)
{
    return (char *)arg + 1;
}

int main(void)
{
    char room[2];
    void *result = NULL;
    pthread_t thread;

    MUST(pthread_create(&thread, NULL, start, room) == 0);
    MUST(pthread_join(thread, &result) == 0);
    MUST(result == room + 1);
    HELD();
    return 0;
}
