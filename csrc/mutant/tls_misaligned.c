/*
 * Mutant of the C library: the thread-local variables of an object that the program has loaded by
 * dlopen are 16 bytes above their correct addresses.
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
    void *(*real)(struct index *);

    find_real("__tls_get_addr", &real);
    return (char *)real(index) + (index->module > last_at_start ? 16 : 0);
}
