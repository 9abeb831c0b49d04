/*
 * Checks that __stack_chk_fail kills the process with a signal. Code that was compiled with
 * -fstack-protector calls __stack_chk_fail if a function has overwritten its stack frame.
 */
#include "../probe.h"

#include <sys/wait.h>
#include <unistd.h>

extern void __stack_chk_fail(void);

int main(void)
{
    int status;
    pid_t child = fork();

    MUST(child != -1);
    if (child == 0) {
        __stack_chk_fail();
        _exit(0);
    }
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFSIGNALED(status));
    HELD();
    return 0;
}
