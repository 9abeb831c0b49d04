/*
 * Checks that _dl_find_object (glibc 2.35 and later) finds the loaded object that contains an
 * address, and the unwind tables of that object. The unwinder in libgcc needs _dl_find_object if
 * libgcc was built for glibc 2.35 or later.
 */
#include "../probe.h"

#include <dlfcn.h>

int main(void)
{
    struct dl_find_object found = {.dlfo_flags = 0};

    MUST(_dl_find_object((void *)main, &found) == 0);
    MUST((char *)found.dlfo_map_start <= (char *)main && (char *)main < (char *)found.dlfo_map_end);
    MUST(found.dlfo_eh_frame != NULL);
    HELD();
    return 0;
}
