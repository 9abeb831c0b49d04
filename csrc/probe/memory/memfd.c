/* Checks that memfd_create creates a file in memory, and that two mappings share the file. */
#include "../probe.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int file = memfd_create("probe", MFD_CLOEXEC);
    volatile char *first;
    volatile char *second;

    MUST(file >= 0 && (fcntl(file, F_GETFD) & FD_CLOEXEC) != 0);
    MUST(ftruncate(file, (off_t)page) == 0);
    first = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    second = mmap(NULL, page, PROT_READ, MAP_SHARED, file, 0);
    MUST(first != MAP_FAILED && second != MAP_FAILED && first != second);
    first[10] = 3;
    MUST(second[10] == 3);
    HELD();
    return 0;
}
