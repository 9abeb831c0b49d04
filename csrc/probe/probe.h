/*
 * What the probes share. A probe is a program of its own about one capability: it exits with status 0 if that is there and
 * does what it should, and may print a value about it on standard output. Any other end means that it is there and wrong.
 */
#ifndef PROBE_H
#define PROBE_H

/* Everything that the headers have. */
#define _GNU_SOURCE
#define __EXTENSIONS__
#define _DARWIN_C_SOURCE

#include <stdio.h>
#include <stdlib.h>

/* Ends the probe where something does not hold, from any thread or handler, and says what. Nothing but ISO C of 1989. */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fputs("not so: " #condition "\n", stderr);                                                                 \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
