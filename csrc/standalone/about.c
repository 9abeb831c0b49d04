/* Prints facts about the target that the compiler knows, such as the name of the C library. */
#include "standalone.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

/*
 * Identifies the C library by macros of the library's headers. The test for uClibc comes before the
 * test for glibc, because uClibc also defines __GLIBC__. No macro has the name of musl, but only
 * musl's headers define __DEFINED_va_list.
 */
#if defined(__wasi__)
#define LIBC "wasi-libc" /* wasi-libc has musl's headers. */
#elif defined(__UCLIBC__)
#define LIBC "uclibc"
#elif defined(__dietlibc__)
#define LIBC "dietlibc"
#elif defined(__KLIBC__)
#define LIBC "klibc"
#elif defined(__BIONIC__)
#define LIBC "bionic"
#elif defined(__mlibc__)
#define LIBC "mlibc"
#elif defined(__RELIBC__)
#define LIBC "relibc"
#elif defined(__LLVM_LIBC__)
#define LIBC "llvm-libc"
#elif defined(__PICOLIBC__)
#define LIBC "picolibc"
#elif defined(__NEWLIB__)
#define LIBC "newlib"
#elif defined(__GLIBC__)
#define LIBC "glibc"
#elif defined(__DEFINED_va_list)
#define LIBC "musl"
#elif defined(_UCRT)
#define LIBC "ucrt"
#elif defined(_WIN32)
#define LIBC "msvcrt"
#else
#define LIBC "unknown"
#endif

void standalone_about(void)
{
    const unsigned one = 1;

    printf("libc: %s\n", LIBC);
#ifdef __GLIBC__
    printf("libc-version: %d.%d\n", __GLIBC__, __GLIBC_MINOR__);
#endif
    printf("pointer-width: %u\n", (unsigned)(sizeof(void *) * CHAR_BIT));
    printf("endian: %s\n", *(const unsigned char *)&one == 1 ? "little" : "big");
}
