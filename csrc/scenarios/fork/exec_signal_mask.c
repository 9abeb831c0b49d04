/* Checks which signals are blocked in a program that a thread has started by execv. */
#define _DEFAULT_SOURCE
#include "../../testprog.h"

#include <errno.h>

#ifdef __linux__
#include "../../child.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 8

static atomic_int is_over;
static atomic_int started;

/*
 * Blocks and unblocks all signals of this thread in turn. The masks of other threads must not
 * change.
 */
static void *change_mask(void *arg)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    atomic_fetch_add(&started, 1);
    while (!atomic_load(&is_over)) {
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return arg;
}

/*
 * Stores the signal mask that a new program prints in *mask, where bit N - 1 stands for the signal
 * N.
 */
static int read_mask(int from, unsigned long long *mask)
{
    char text[4096];
    size_t length = 0;
    ssize_t got;
    const char *line;

    while ((got = read(from, text + length, sizeof(text) - 1 - length)) > 0) {
        length += (size_t)got;
    }
    text[length] = '\0';
    line = strstr(text, "SigBlk:");
    if (line == NULL) {
        return csrc_wrong("the new program did not print its signal mask");
    }
    *mask = strtoull(line + strlen("SigBlk:"), NULL, 16);
    return 0;
}

static int exec_once(unsigned long long expected)
{
    static char cat[] = "cat";
    static char status[] = "/proc/self/status";
    static char *const arguments[] = {cat, status, NULL};
    unsigned long long mask = 0;
    sigset_t after;
    pid_t child;
    int output;
    int error;
    int end;

    child = csrc_fork_with_output(&output);
    if (child == 0) {
        execv("/bin/cat", arguments);
        _exit(4);
    }
    if (child == -1) {
        return errno;
    }
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    error = read_mask(output, &mask);
    close(output);
    end = csrc_end_of(child);
    if (end != 0) {
        return csrc_wrong("the new program ended with status %d", end);
    }
    if (sigismember(&after, SIGHUP) || sigismember(&after, SIGTERM) != (int)(expected >> (SIGTERM - 1) & 1)) {
        return csrc_wrong("fork changed the mask of the thread that called fork");
    }
    if (error == 0 && mask != expected) {
        return csrc_wrong("the mask of the new program is %llx instead of %llx", mask, expected);
    }
    return error;
}

static void exec_often(void *arg)
{
    const int numbers[] = {SIGUSR1, SIGTERM, SIGCHLD};
    int *error = arg;
    sigset_t mask;
    unsigned long long expected = 0;
    int round;

    for (round = 0; round < ROUNDS && *error == 0; round++) {
        *error = exec_once(expected);
        sigemptyset(&mask);
        sigaddset(&mask, numbers[round % 3]);
        expected = 1ULL << (numbers[round % 3] - 1);
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
    }
}

int csrc_exec_signal_mask(void)
{
    pthread_t thread;
    sigset_t none;
    sigset_t before;
    int result = 0;
    int error;

    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, &before);
    error = pthread_create(&thread, NULL, change_mask, NULL);
    if (error != 0) {
        return error;
    }
    while (atomic_load(&started) == 0) {
        sched_yield();
    }
    error = csrc_thread(exec_often, &result);
    atomic_store(&is_over, 1);
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error != 0 ? error : result;
}
#else
int csrc_exec_signal_mask(void)
{
    return ENOTSUP;
}
#endif
