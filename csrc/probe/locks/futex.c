/*
 * Checks that Linux's system call futex waits only if the word has the expected value, times out,
 * and wakes a waiting thread.
 */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * Operations of the system call futex. The probe does not include <linux/futex.h>, because not every
 * C compiler finds this header.
 */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

static int word;
static volatile int woken;

static void *start(void *arg)
{
    while (syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0) == -1) {
        MUST(errno == EINTR);
    }
    woken = 1;
    return arg;
}

int main(void)
{
    /* The kernel's type of a time has two fields of at most 64 bits, which fit into this array. */
    long pause[4] = {0};
    pthread_t thread;

    MUST(syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0) == -1 && errno == EAGAIN);
    MUST(syscall(SYS_futex, &word, FUTEX_WAIT, 0, pause, NULL, 0) == -1 && errno == ETIMEDOUT);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    AWAIT("a thread waits for the futex");
    while (syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) != 1) {
        sched_yield();
    }
    MUST(pthread_join(thread, NULL) == 0);
    MUST(woken);
    HELD();
    return 0;
}
