/* Checks that posix_memalign returns memory that is aligned to 4096 bytes. */
#include "../probe.h"

#include <stdint.h>

int main(void)
{
    void *memory = NULL;

    MUST(posix_memalign(&memory, 4096, 100) == 0);
    MUST((uintptr_t)memory % 4096 == 0);
    free(memory);
    HELD();
    return 0;
}
