/*
 * Checks that vfork creates a child, and that waitpid returns the child's status. The probe prints
 * whether the child shares the memory of its parent, which POSIX leaves open.
 */
#include "../probe.h"

#include <sys/wait.h>
#include <unistd.h>

static volatile int value = 1;

int main(void)
{
    int status;
    pid_t child = vfork();

    if (child == 0) {
        value = 2;
        _exit(7);
    }
    MUST(child != -1);
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    puts(value == 2 ? "shares memory" : "copies memory");
    HELD();
    return 0;
}
