/* Checks that each thread has a separate errno. */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>

static int of_thread;

static void *set(void *arg)
{
    errno = EDOM;
    of_thread = errno;
    return arg;
}

int main(void)
{
    pthread_t thread;

    errno = ERANGE;
    MUST(pthread_create(&thread, NULL, set, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(errno == ERANGE && of_thread == EDOM);
    HELD();
    return 0;
}
