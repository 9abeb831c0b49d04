/*
 * Checks that dl_iterate_phdr lists the program headers of the loaded objects. Unwinders find the
 * unwind tables through the program headers of the loaded objects.
 */
#include "../probe.h"

#include <link.h>
#include <stdint.h>

int main(void);

static int found;

static int holds_main(struct dl_phdr_info *info, size_t size, void *arg)
{
    int index;

    (void)size;
    (void)arg;
    for (index = 0; index < info->dlpi_phnum; index++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[index].p_vaddr;

        /*
         * On targets with function descriptors, `main` is the address of data in a loaded segment.
         */
        if (info->dlpi_phdr[index].p_type == PT_LOAD && (uintptr_t)main - start < info->dlpi_phdr[index].p_memsz) {
            found = 1;
            return 1;
        }
    }
    return 0;
}

int main(void)
{
    MUST(dl_iterate_phdr(holds_main, NULL) == 1);
    MUST(found);
    HELD();
    return 0;
}
