/* Registers functions of pthread_atfork on one thread, and forks on another thread. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <pthread.h>
#include <string.h>

/* One letter for each registered function that has run, in the order of the calls. */
static char ran[16];
static volatile size_t count;
/*
 * Whether the registered functions record their letters. Registered functions run in every fork of
 * the process, also before and after the check.
 */
static volatile int is_recording;

static void record(char letter)
{
    if (is_recording && count + 1 < sizeof(ran)) {
        ran[count++] = letter;
    }
}

static void prepare_1(void)
{
    record('A');
}

static void prepare_2(void)
{
    record('B');
}

static void parent_1(void)
{
    record('c');
}

static void parent_2(void)
{
    record('d');
}

static void child_1(void)
{
    record('e');
}

static void child_2(void)
{
    record('f');
}

static void register_them(void *arg)
{
    int *error = arg;

    *error = pthread_atfork(prepare_1, parent_1, child_1);
    if (*error == 0) {
        *error = pthread_atfork(prepare_2, parent_2, child_2);
    }
}

static void fork_there(void *arg)
{
    int *error = arg;
    pid_t child;
    int end;

    is_recording = 1;
    child = fork();
    if (child == 0) {
        _exit(strcmp(ran, "BAef") == 0 ? 0 : 3);
    }
    is_recording = 0;
    if (child == -1) {
        *error = errno;
        return;
    }
    end = csrc_end_of(child);
    if (strcmp(ran, "BAcd") != 0) {
        *error = csrc_wrong("in the parent, the functions ran in the order `%s` instead of `BAcd`", ran);
    } else if (end != 0) {
        *error = csrc_wrong("in the child, the functions did not run in the order `BAef` (status %d)", end);
    }
}

int csrc_atfork_other_thread(void)
{
    int result = 0;
    int error = csrc_thread(register_them, &result);

    if (error == 0 && result == 0) {
        error = csrc_thread(fork_there, &result);
    }
    return error != 0 ? error : result;
}
#else
int csrc_atfork_other_thread(void)
{
    return ENOTSUP;
}
#endif
