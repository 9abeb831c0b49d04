/*
 * A function __tls_get_addr that changes the addresses of the thread-local variables of objects that
 * the program has loaded by dlopen. A mutant of the C library includes this file and defines `change`.
 */
#ifndef TLS_H
#define TLS_H

#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <link.h>
#include <stddef.h>

struct index {
    unsigned long module;
    unsigned long offset;
};

void *__tls_get_addr(struct index *index);

/* Returns the changed address of the variable at `offset` in its object, from the right address. */
static char *change(char *address, unsigned long offset);

/* Largest module ID of the objects that are loaded when the program starts. */
static size_t last_at_start;

static int note_module(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    (void)arg;
    if (info->dlpi_tls_modid > last_at_start) {
        last_at_start = info->dlpi_tls_modid;
    }
    return 0;
}

__attribute__((constructor)) static void start(void)
{
    dl_iterate_phdr(note_module, NULL);
}

void *__tls_get_addr(struct index *index)
{
    void *(*real)(struct index *);
    char *address;

    find_real("__tls_get_addr", &real);
    address = real(index);
    return index->module > last_at_start ? change(address, index->offset) : address;
}

#endif
