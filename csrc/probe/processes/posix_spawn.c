/*
 * Checks that posix_spawn runs /bin/sh, that waitpid returns the shell's status, and that a missing
 * program makes posix_spawn return ENOENT or makes the child exit with status 127. POSIX allows
 * posix_spawn to report a missing program by ENOENT or by the status 127.
 */
#include "../probe.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>

int main(void)
{
    char *arguments[] = {"none", NULL};
    char *shell[] = {"sh", "-c", "exit 7", NULL};
    char *variables[] = {NULL};
    pid_t child;
    int status;
    int error;

    MUST(posix_spawn(&child, "/bin/sh", NULL, NULL, shell, variables) == 0);
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    error = posix_spawn(&child, "/no/such/program", NULL, NULL, arguments, variables);
    MUST(error == 0 || error == ENOENT);
    if (error == 0) {
        MUST(waitpid(child, &status, 0) == child);
        MUST(WIFEXITED(status) && WEXITSTATUS(status) == 127);
    }
    puts(error == 0 ? "status 127" : "ENOENT");
    HELD();
    return 0;
}
