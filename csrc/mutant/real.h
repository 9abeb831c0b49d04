/* Finds the functions of the C library that a mutant replaces. */
#ifndef REAL_H
#define REAL_H

#include <dlfcn.h>
#include <string.h>

/*
 * Stores the C library's function `name` in `*real`, a pointer to a function. ISO C cannot convert a
 * data pointer to a function pointer, so memcpy copies the pointer. RTLD_NEXT needs _GNU_SOURCE.
 */
static inline void find_real(const char *name, void *real)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    memcpy(real, &symbol, sizeof(symbol));
}

#endif
