/*
 * Checks that fork creates a child with a copy of the memory, and that waitpid returns the child's
 * status.
 */
#include "../probe.h"

#include <sys/wait.h>
#include <unistd.h>

static int value = 1;

int main(void)
{
    int status;
    pid_t child = fork();

    MUST(child != -1);
    if (child == 0) {
        MUST(value == 1);
        value = 2;
        _exit(7);
    }
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    MUST(value == 1);
    HELD();
    return 0;
}
