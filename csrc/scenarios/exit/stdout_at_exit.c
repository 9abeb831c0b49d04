/* Ends forked processes in different ways, and compares the output that reaches standard output. */
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Forks a process whose standard output is a pipe, and runs body(arg) in the process. Stores the
 * process's output as a string in `output`. Returns 0 or an errno value.
 */
static int output_of(void (*body)(void *), void *arg, char *output, size_t size)
{
    size_t length = 0;
    ssize_t count;
    int ends[2];
    int status;
    pid_t child;

    if (pipe(ends) == -1) {
        return errno;
    }
    child = fork();
    if (child == -1) {
        return errno;
    }
    if (child == 0) {
        close(ends[0]);
        if (dup2(ends[1], STDOUT_FILENO) == -1) {
            _exit(1);
        }
        close(ends[1]);
        body(arg);
        _exit(1);
    }
    close(ends[1]);
    while (length + 1 < size && (count = read(ends[0], output + length, size - 1 - length)) > 0) {
        length += (size_t)count;
    }
    output[length] = '\0';
    close(ends[0]);
    if (waitpid(child, &status, 0) != child) {
        return errno;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : csrc_wrong("a forked process failed");
}

/*
 * Writes the text C; to a buffer of the C library, which writes the buffer when the process exits.
 */
static void write_in_c(void)
{
    static char buffer[BUFSIZ];

    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    fputs("C;", stdout);
}

static void by_exit(void *arg)
{
    csrc_callback *const *callback = arg;

    write_in_c();
    (*callback)();
    exit(0);
}

static void by_quiet_exit(void *arg)
{
    csrc_callback *const *callback = arg;

    write_in_c();
    (*callback)();
    _exit(0);
}

static void exit_on_thread(void *arg)
{
    by_exit(arg);
}

static void by_exit_on_thread(void *arg)
{
    csrc_thread(exit_on_thread, arg);
}

static void only_callback(void *arg)
{
    csrc_callback *const *callback = arg;

    write_in_c();
    (*callback)();
}

/*
 * Stores the output of a forked process that writes C; and calls back. The callback must end the
 * process.
 */
int csrc_stdout_of_callback(csrc_callback *callback, char *output, size_t size)
{
    return output_of(only_callback, &callback, output, size);
}

int csrc_stdout_at_exit(csrc_callback *callback)
{
    const struct way {
        void (*body)(void *);
        const char *name;
        const char *expected;
    } ways[] = {
        {by_exit, "exit", "C;"},
        {by_exit_on_thread, "exit on a thread", "C;"},
        {by_quiet_exit, "_exit", ""},
    };
    size_t each;

    for (each = 0; each < sizeof(ways) / sizeof(*ways); each++) {
        char output[64];
        int error = output_of(ways[each].body, &callback, output, sizeof(output));

        if (error != 0) {
            return error;
        }
        if (strcmp(output, ways[each].expected) != 0) {
            return csrc_wrong("%s: the output was `%s` instead of `%s`", ways[each].name, output, ways[each].expected);
        }
    }
    return 0;
}
#else
int csrc_stdout_of_callback(csrc_callback *callback, char *output, size_t size)
{
    (void)callback;
    (void)output;
    (void)size;
    return ENOTSUP;
}

int csrc_stdout_at_exit(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
