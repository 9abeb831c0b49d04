/* Checks that close_range closes the file descriptors in a range, and no other file descriptors. */
#include "../probe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* File descriptor above the descriptors that a process inherits. */
#define FIRST 100

static int is_open(int file)
{
    return fcntl(file, F_GETFD) != -1;
}

int main(void)
{
    int ends[2];
    int each;

    MUST(pipe(ends) == 0);
    for (each = 0; each < 4; each++) {
        MUST(dup2(ends[0], FIRST + each) == FIRST + each);
    }
    MUST(close_range(FIRST + 1, FIRST + 2, 0) == 0);
    MUST(is_open(FIRST) && is_open(FIRST + 3));
    MUST(!is_open(FIRST + 1) && errno == EBADF);
    MUST(!is_open(FIRST + 2) && errno == EBADF);
    MUST(close_range(FIRST + 3, FIRST, 0) == -1 && errno == EINVAL);
    HELD();
    return 0;
}
