/*
 * Checks that a thread with a small stack either can use large thread-local variables, or is
 * refused by pthread_create with EINVAL. glibc places thread-local variables in the thread's stack
 * (https://sourceware.org/bugzilla/show_bug.cgi?id=11787).
 */
#include "../probe.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

static _Thread_local char variables[256 << 10];

static void *start(void *arg)
{
    size_t index;

    for (index = 0; index < sizeof(variables); index++) {
        MUST(((volatile char *)variables)[index] == 0);
    }
    memset(variables, 1, sizeof(variables));
    return (char *)arg + variables[sizeof(variables) - 1];
}

int main(void)
{
    size_t small = (size_t)PTHREAD_STACK_MIN > (64 << 10) ? (size_t)PTHREAD_STACK_MIN : 64 << 10;
    char room[2];
    pthread_attr_t attr;
    pthread_t thread;
    void *result = NULL;
    int error;

    MUST(pthread_attr_init(&attr) == 0);
    MUST(pthread_attr_setstacksize(&attr, small) == 0);
    error = pthread_create(&thread, &attr, start, room);
    MUST(error == 0 || error == EINVAL);
    if (error == 0) {
        MUST(pthread_join(thread, &result) == 0 && result == room + 1);
    }
    /* With a stack that holds the variables, the thread must run. */
    MUST(pthread_attr_setstacksize(&attr, 1 << 20) == 0);
    MUST(pthread_create(&thread, &attr, start, room) == 0);
    MUST(pthread_join(thread, &result) == 0 && result == room + 1);
    printf("%s %zu KiB\n", error == 0 ? "beside a stack of" : "EINVAL for", small >> 10);
    HELD();
    return 0;
}
