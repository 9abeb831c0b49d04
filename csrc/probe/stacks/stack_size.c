/*
 * Checks that a thread gets at least the stack size that pthread_attr_setstacksize asked for. The
 * probe asks for 16 MiB, which is more than the usual default, and uses 15 MiB.
 */
#include "../probe.h"

#include <pthread.h>

#define SIZE ((size_t)16 << 20)
#define FRAME 4096

/* Recurses `depth` times, and writes to each page of `depth * FRAME` bytes. Returns the depth. */
__attribute__((noinline)) static int recurse(int depth)
{
    volatile char frame[FRAME];

    frame[0] = 1;
    return depth == 0 ? 0 : recurse(depth - 1) + frame[0];
}

static void *start(void *arg)
{
    int depth = (int)((SIZE - ((size_t)1 << 20)) / (FRAME + 64));

    MUST(recurse(depth) == depth);
    return (char *)arg + 1;
}

int main(void)
{
    char room[2];
    pthread_attr_t attr;
    pthread_t thread;
    void *result = NULL;
    size_t size = 0;

    MUST(pthread_attr_init(&attr) == 0);
    MUST(pthread_attr_setstacksize(&attr, SIZE) == 0);
    MUST(pthread_attr_getstacksize(&attr, &size) == 0 && size == SIZE);
    MUST(pthread_create(&thread, &attr, start, room) == 0);
    MUST(pthread_join(thread, &result) == 0 && result == room + 1);
    HELD();
    return 0;
}
