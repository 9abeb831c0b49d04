/* Checks that _Unwind_Backtrace on a new thread finds the thread's function and then stops. */
#include "frames.h"

#include <pthread.h>

static void *start(void *arg);

__attribute__((noinline)) static void inner(void)
{
    struct frames frames = walk((void *)start);

    MUST(frames.found);
    MUST(frames.count < MOST_FRAMES);
    printf("%d frames\n", frames.count);
}

static void *start(void *arg)
{
    inner();
    return (char *)arg + 1;
}

int main(void)
{
    char room[2];
    void *result = NULL;
    pthread_t thread;

    MUST(pthread_create(&thread, NULL, start, room) == 0);
    MUST(pthread_join(thread, &result) == 0 && result == room + 1);
    HELD();
    return 0;
}
