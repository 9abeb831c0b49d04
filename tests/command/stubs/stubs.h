/*
 * Declarations for the stubs: wrong implementations of functions, with which a probe must fail.
 *
 * A test compiles the files of this folder into a shared object, which LD_PRELOAD loads into each
 * probe. The shared object finds the stubs of the probe by the name of the executable, and replaces
 * the addresses that the executable calls. The shared object leaves calls inside the C library and
 * calls by stubs unchanged, so a stub can call the function that the stub replaces.
 */
#ifndef STUBS_H
#define STUBS_H

#define _GNU_SOURCE

#include <errno.h>
#include <stddef.h>

struct stub {
    const char *probe;
    int number; /* Number of the wrong implementation, from 1. */
    const char *function;
    void (*replacement)(void);
};

#define STUB_NAME_OF(line) stub_##line
#define STUB_NAME(line) STUB_NAME_OF(line)

/*
 * Declares that the wrong implementation `number` of the probe `probe` replaces `function` by
 * `replacement`. Several STUB lines with the same probe and number form one wrong implementation.
 * The text `wrong` describes the fault, for the page docs/probes.md.
 */
#define STUB(probe, number, wrong, function, replacement)                                                              \
    __attribute__((section("stubs"), used)) static const struct stub STUB_NAME(__LINE__) = {                           \
        #probe, number, #function, (void (*)(void))replacement};

/* Functions that do nothing and return a value. */
long returns_0(void);
long returns_1(void);
long returns_minus_1(void);
long returns_enosys(void);
/* Exits the process with status 0. */
void exits(void);

#endif
