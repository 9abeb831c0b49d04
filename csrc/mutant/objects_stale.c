/*
 * Mutant of the C library: of the objects that dlopen loads, dl_iterate_phdr and _dl_find_object
 * report only objects at the address of the first such object, as if the list of objects did not
 * change afterwards.
 */
#define _GNU_SOURCE /* for RTLD_NEXT and dl_iterate_phdr */
#include "objects.h"

static int is_reported(int index, uintptr_t base)
{
    static uintptr_t first;

    if (index < objects_at_start) {
        return 1;
    }
    if (first == 0) {
        first = base;
    }
    return base == first;
}
