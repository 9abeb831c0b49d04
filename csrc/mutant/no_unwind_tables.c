/*
 * Mutant of the C library: dl_iterate_phdr and _dl_find_object report no object, so an unwinder
 * does not find the program's unwind tables.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>

int _dl_find_object(void *address, struct dl_find_object *result);

int _dl_find_object(void *address, struct dl_find_object *result)
{
    (void)address;
    (void)result;
    return -1;
}

int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data)
{
    (void)callback;
    (void)data;
    return 0;
}
