/* Checks that syscall returns the result of a system call, and sets errno if the call fails. */
#include "../probe.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    int ends[2];
    char byte = 0;

    MUST(syscall(SYS_getpid) == getpid());
    MUST(syscall(SYS_close, -1) == -1 && errno == EBADF);
    MUST(pipe(ends) == 0);
    MUST(syscall(SYS_write, ends[1], "x", 1) == 1);
    MUST(syscall(SYS_read, ends[0], &byte, 1) == 1 && byte == 'x');
    HELD();
    return 0;
}
