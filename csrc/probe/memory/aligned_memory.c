/* Checks that posix_memalign returns memory that is aligned to 4096 bytes. */
#include "../probe.h"

#include <stdint.h>
#include <string.h>

int main(void)
{
    char *memory[4] = {NULL};
    int each;

    for (each = 0; each < 4; each++) {
        MUST(posix_memalign((void **)&memory[each], 4096, 100) == 0);
        MUST(memory[each] != NULL && (uintptr_t)memory[each] % 4096 == 0);
        memset(memory[each], each + 1, 100);
    }
    for (each = 0; each < 4; each++) {
        MUST(memory[each][0] == each + 1 && memory[each][99] == each + 1);
        free(memory[each]);
    }
    HELD();
    return 0;
}
