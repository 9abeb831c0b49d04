/*
 * Checks that mmap reserves a large range of addresses with PROT_NONE, and that mprotect makes one
 * page of the range usable. The runtimes of Go and of other garbage-collected languages reserve
 * their heaps with PROT_NONE.
 */
#include "../probe.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Size of the reserved range: 64 GiB on 64-bit processors, and 256 MiB on 32-bit processors. */
#define SIZE ((size_t)1 << (sizeof(void *) == 8 ? 36 : 28))

int main(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *range = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char *used;

    MUST(range != MAP_FAILED);
    used = range + SIZE - page;
    MUST(mprotect(used, page, PROT_READ | PROT_WRITE) == 0);
    MUST(used[0] == 0 && used[page - 1] == 0);
    used[0] = 1;
    MUST(*(volatile char *)used == 1);
    MUST(munmap(range, SIZE) == 0);
    /* munmap has freed the range, so the system can place a new mapping there again. */
    MUST(mmap(range, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == range);
    printf("%zu MiB\n", SIZE >> 20);
    HELD();
    return 0;
}
