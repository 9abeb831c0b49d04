/* dl_iterate_phdr: the program headers of what is loaded, by which an unwinder finds its tables. */
#include "probe.h"

#include <link.h>
#include <stdint.h>

int main(void);

static int holds_main(struct dl_phdr_info *info, size_t size, void *arg)
{
    int index;

    (void)size;
    (void)arg;
    for (index = 0; index < info->dlpi_phnum; index++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[index].p_vaddr;

        /* Function descriptors are data, which is loaded as well. */
        if (info->dlpi_phdr[index].p_type == PT_LOAD && (uintptr_t)main - start < info->dlpi_phdr[index].p_memsz) {
            return 1;
        }
    }
    return 0;
}

int main(void)
{
    MUST(dl_iterate_phdr(holds_main, NULL) == 1);
    return 0;
}
