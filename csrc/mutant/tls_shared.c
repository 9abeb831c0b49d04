/*
 * Mutant of the C library: all threads share the thread-local variables of an object that the
 * program has loaded by dlopen.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <link.h>
#include <stddef.h>

struct index {
    unsigned long module;
    unsigned long offset;
};

void *__tls_get_addr(struct index *index);

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
    static char *shared;
    void *(*real)(struct index *);
    char *address;

    find_real("__tls_get_addr", &real);
    address = real(index);
    if (index->module <= last_at_start) {
        return address;
    }
    if (shared == NULL) {
        shared = address - index->offset;
    }
    return shared + index->offset;
}
