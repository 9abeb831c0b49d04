/*
 * Checks that pthread_exit in a nested function ends the thread, after the thread's cleanup
 * handlers have run.
 */
#include "../probe.h"

#include <pthread.h>

static int cleaned_up;

static void clean_up(void *arg)
{
    (void)arg;
    cleaned_up++;
}

static void below(void)
{
    pthread_exit(&cleaned_up);
}

static void *start(void *arg)
{
    pthread_cleanup_push(clean_up, NULL);
    below();
    pthread_cleanup_pop(0);
    return arg;
}

int main(void)
{
    pthread_t thread;
    void *result = NULL;

    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, &result) == 0);
    MUST(result == &cleaned_up && cleaned_up == 1);
    HELD();
    return 0;
}
