/* posix_memalign: memory at a multiple of a page. */
#include "probe.h"

#include <stdint.h>

int main(void)
{
    void *memory = NULL;

    MUST(posix_memalign(&memory, 4096, 100) == 0);
    MUST((uintptr_t)memory % 4096 == 0);
    free(memory);
    return 0;
}
