/* Checks that a thread with a stack of PTHREAD_STACK_MIN bytes runs an empty function. */
#include "../probe.h"

#include <limits.h>
#include <pthread.h>

static void *start(void *arg)
{
    return (char *)arg + 1;
}

int main(void)
{
    size_t size = (size_t)PTHREAD_STACK_MIN;
    size_t told = 0;
    char room[2];
    pthread_attr_t attr;
    pthread_t thread;
    void *result = NULL;

    MUST(pthread_attr_init(&attr) == 0);
    MUST(pthread_attr_setstacksize(&attr, size) == 0);
    MUST(pthread_attr_getstacksize(&attr, &told) == 0 && told == size);
    MUST(pthread_create(&thread, &attr, start, room) == 0);
    MUST(pthread_join(thread, &result) == 0 && result == room + 1);
    printf("%zu bytes\n", size);
    HELD();
    return 0;
}
