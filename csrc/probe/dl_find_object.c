/*
 * _dl_find_object (glibc 2.35 and later): finds the loaded object, and so the unwind tables, of an
 * address. The unwinder in libgcc needs this function if libgcc was built for such a glibc.
 */
#include "probe.h"

#include <dlfcn.h>

int main(void)
{
    struct dl_find_object found;

    MUST(_dl_find_object((void *)main, &found) == 0);
    return 0;
}
