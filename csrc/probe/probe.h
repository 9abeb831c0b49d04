/*
 * Declarations shared by all probes.
 *
 * A probe is a small program that checks one capability of a C library. A probe exits with status 0
 * if the capability works, and may print a value about the capability to standard output. If a
 * probe links but does not exit with status 0, `cargo testprog port` reports that the capability
 * "runs wrong".
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

#include <stdio.h>
#include <stdlib.h>

/*
 * Prints `condition` and aborts if `condition` is false. Probes use MUST in threads and in signal
 * handlers, too. MUST calls only C89 functions, so a failing check does not depend on the
 * capability that the probe checks. `cargo testprog port` recognizes a failed check by the words
 * "check failed" on standard error.
 */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fputs("check failed: " #condition "\n", stderr);                                                           \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
