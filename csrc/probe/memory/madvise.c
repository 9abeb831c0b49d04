/*
 * Checks that madvise with MADV_DONTNEED discards the content of private anonymous memory, so that
 * the memory reads as zero, as madvise(2) of Linux promises.
 */
#include "../probe.h"

#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    volatile char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    MUST(memory != MAP_FAILED);
    memory[0] = 1;
    memory[page] = 2;
    MUST(madvise((void *)memory, page, MADV_DONTNEED) == 0);
    MUST(memory[0] == 0);
    MUST(memory[page] == 2);
    HELD();
    return 0;
}
