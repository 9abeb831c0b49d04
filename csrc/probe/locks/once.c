/* Checks that pthread_once runs its function exactly once if two threads call pthread_once. */
#include "../probe.h"

#include <pthread.h>

static pthread_once_t control = PTHREAD_ONCE_INIT;
static int ran;
static int ended;

static void run(void)
{
    ran++;
}

static void *start(void *arg)
{
    MUST(pthread_once(&control, run) == 0 && ran == 1);
    ended++;
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_once(&control, run) == 0 && ran == 1);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(ended == 1);
    HELD();
    return 0;
}
