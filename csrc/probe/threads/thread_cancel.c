/*
 * Checks that pthread_cancel ends a thread that waits in pause(), and that the canceled thread runs
 * its cleanup handlers first.
 */
#include "../probe.h"

#include <pthread.h>
#include <unistd.h>

static int cleaned_up;

static void clean_up(void *arg)
{
    (void)arg;
    cleaned_up++;
}

static void *wait_for_ever(void *arg)
{
    pthread_cleanup_push(clean_up, NULL);
    for (;;) {
        pause();
    }
    pthread_cleanup_pop(0);
    return arg;
}

int main(void)
{
    pthread_t thread;
    void *result = NULL;

    MUST(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
    MUST(pthread_cancel(thread) == 0);
    MUST(pthread_join(thread, &result) == 0);
    MUST(result == PTHREAD_CANCELED && cleaned_up == 1);
    HELD();
    return 0;
}
