/*
 * Checks that a failed system call sets errno, and that a successful system call leaves errno
 * unchanged.
 */
#include "../probe.h"

#include <unistd.h>

int main(void)
{
    char byte;

    errno = 0;
    MUST(read(-1, &byte, 1) == -1 && errno == EBADF);
    MUST(getpid() > 0 && errno == EBADF);
    HELD();
    return 0;
}
