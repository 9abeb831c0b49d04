/* Ends the main thread of a process by pthread_exit while another thread still works. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

static int ends[2];
static pthread_t main_thread;

static void report(void)
{
    const char byte = 'x';

    if (write(ends[1], &byte, 1) != 1) {
        _exit(5);
    }
}

/* Outlives the main thread, and is the last thread of the process. */
static void *last_thread(void *arg)
{
    report();
    pthread_join(main_thread, NULL);
    report();
    return arg;
}

/* Runs in the child process, whose main thread is the thread that has called fork. */
static void in_child(void)
{
    pthread_t thread;

    alarm(CSRC_CHILD_SECONDS);
    main_thread = pthread_self();
    if (atexit(report) != 0 || pthread_create(&thread, NULL, last_thread, NULL) != 0) {
        _exit(4);
    }
    pthread_exit(NULL);
}

/* Returns the number of bytes that the child process has written. */
static int count_bytes(void)
{
    char byte;
    int count = 0;

    while (read(ends[0], &byte, 1) == 1) {
        count++;
    }
    return count;
}

static void on_thread(void *arg)
{
    int *error = arg;
    pid_t child = fork();
    int count;
    int end;

    if (child == -1) {
        *error = errno;
        return;
    }
    if (child == 0) {
        in_child();
    }
    close(ends[1]);
    end = csrc_end_of(child);
    count = count_bytes();
    close(ends[0]);
    if (end == -SIGALRM) {
        *error = csrc_wrong("the process went on after its last thread had ended");
    } else if (end != 0) {
        *error = csrc_wrong("the process ended with status %d instead of 0", end);
    } else if (count != 3) {
        *error = csrc_wrong("the last thread and the function of atexit wrote %d bytes instead of 3", count);
    }
}

int csrc_main_pthread_exit(void)
{
    int result = 0;
    int error = pipe(ends) == -1 ? errno : csrc_thread(on_thread, &result);

    return error != 0 ? error : result;
}
#else
int csrc_main_pthread_exit(void)
{
    return ENOTSUP;
}
#endif
