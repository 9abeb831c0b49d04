/*
 * Mutant of the C library: the initial values of the program's thread-local variables are missing
 * in every thread except the main thread.
 */
#include "start.h"

#include <link.h>
#include <string.h>

/*
 * Fills the initialized thread-local variables of the first object, which is the program, with
 * zeros.
 */
static int clear(struct dl_phdr_info *info, size_t size, void *arg)
{
    int each;

    (void)size;
    (void)arg;
    for (each = 0; each < info->dlpi_phnum; each++) {
        if (info->dlpi_phdr[each].p_type == PT_TLS && info->dlpi_tls_data != NULL) {
            memset(info->dlpi_tls_data, 0, info->dlpi_phdr[each].p_filesz);
        }
    }
    return 1;
}

static void *run(void *(*function)(void *), void *arg)
{
    dl_iterate_phdr(clear, NULL);
    return function(arg);
}
