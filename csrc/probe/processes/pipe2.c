/* Checks that pipe2 makes both ends of a pipe close-on-exec and nonblocking. */
#include "../probe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
    int ends[2] = {-1, -1};
    char byte = 0;

    MUST(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    MUST((fcntl(ends[0], F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(ends[1], F_GETFD) & FD_CLOEXEC) != 0);
    MUST(read(ends[0], &byte, 1) == -1 && errno == EAGAIN);
    MUST(write(ends[1], "x", 1) == 1);
    MUST(read(ends[0], &byte, 1) == 1 && byte == 'x');
    HELD();
    return 0;
}
