/*
 * Declarations shared by all probes.
 *
 * A probe is a small program that checks one capability of a C library. After all of its checks, a
 * probe prints its last line with HELD or HELD_IF_STATUS_0. Before its last line, a probe may
 * print a value about the capability to standard output. If a probe links but does not print its
 * last line, `cargo testprog port` reports that the capability "runs wrong".
 */
#ifndef PROBE_H
#define PROBE_H

/*
 * The macros _GNU_SOURCE, __EXTENSIONS__ and _DARWIN_C_SOURCE make the system's headers declare all
 * of their functions, including nonstandard functions.
 */
#define _GNU_SOURCE
#define __EXTENSIONS__
#define _DARWIN_C_SOURCE

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Prints a line to `stream`: `what`, and in parentheses the part of `place` that begins at csrc/. The
 * function prints the line with one call of fputs, so that the lines of two threads do not mix.
 */
static inline void probe_print(FILE *stream, const char *what, const char *place)
{
    const char *begin = place;
    char line[320];
    size_t length = 0;

    for (; *place != '\0'; place++) {
        if (place[0] == 'c' && place[1] == 's' && place[2] == 'r' && place[3] == 'c' && place[4] == '/') {
            begin = place;
        }
    }
    while (*what != '\0' && length < 2 * sizeof(line) / 3) {
        line[length++] = *what++;
    }
    line[length++] = ' ';
    line[length++] = '(';
    while (*begin != '\0' && length < sizeof(line) - 3) {
        line[length++] = *begin++;
    }
    line[length++] = ')';
    line[length++] = '\n';
    line[length] = '\0';
    fputs(line, stream);
}

/* File and number of a line, as one text. */
#define PROBE_TEXT(number) #number
#define PROBE_PLACE(number) __FILE__ ":" PROBE_TEXT(number)

/*
 * TRACE prints a line to standard error if the macro PROBE_TRACE is 1, and leaves errno unchanged.
 * If a probe fails without a message, `cargo testprog port` compiles the probe again with
 * -DPROBE_TRACE=1 in place of -DPROBE_TRACE=0, and learns from the last TRACE line which check the
 * probe had reached.
 */
#define TRACE(what)                                                                                                    \
    do {                                                                                                               \
        if (PROBE_TRACE) {                                                                                             \
            int error_before = errno;                                                                                  \
            probe_print(stderr, what, PROBE_PLACE(__LINE__));                                                          \
            errno = error_before;                                                                                      \
        }                                                                                                              \
    } while (0)

/*
 * Prints `condition` and its place, and aborts, if `condition` is false. Probes also use MUST in
 * threads and in signal handlers. MUST calls only C89 functions, so a failing check does not depend
 * on the capability that the probe checks. `cargo testprog port` recognizes a failed check by the
 * words "check failed" on standard error.
 */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        TRACE("check begins: " #condition);                                                                            \
        if (!(condition)) {                                                                                            \
            probe_print(stderr, "check failed: " #condition, PROBE_PLACE(__LINE__));                                   \
            abort();                                                                                                   \
        }                                                                                                              \
        TRACE("check passed: " #condition);                                                                            \
    } while (0)

/*
 * Number of times that a probe measures a wait. If the kernel suspends the thread between its two
 * readings of the clock, a wait that ended at once looks long. On a busy computer, the kernel
 * suspends the thread in one measurement now and then, but not in five in a row.
 */
#define MEASUREMENTS 5

/*
 * Names an event that must happen next but that MUST cannot check, such as a call of a function
 * when the process exits. If the event does not happen, the report contains the name of the event.
 */
#define AWAIT(event) TRACE("check begins: " event)

/*
 * Prints the probe's last line, which says that all checks held. A crash after this line does not
 * change the result of the probe. The line names the probe's file, so that `cargo testprog port`
 * notices a compiler or a runner command that took the program of another probe.
 */
#define HELD() (probe_print(stdout, "held", PROBE_PLACE(__LINE__)), fflush(stdout))

/*
 * Prints the last line of a probe that checks how its process exits. The checks of this probe hold
 * only if the process also exits with status 0.
 */
#define HELD_IF_STATUS_0() (probe_print(stdout, "held if status 0", PROBE_PLACE(__LINE__)), fflush(stdout))

#endif
