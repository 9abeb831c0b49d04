/* _dl_find_object: the unwind tables of an address, from glibc 2.35; libgcc's unwinder may be built to need it. */
#include "probe.h"

#include <dlfcn.h>

int main(void)
{
    struct dl_find_object found;

    MUST(_dl_find_object((void *)main, &found) == 0);
    return 0;
}
