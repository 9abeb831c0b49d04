/*
 * Checks that posix_spawn starts a program in the directory that
 * posix_spawn_file_actions_addchdir_np names. The program is /bin/sh, which the probe requires.
 */
#include "../probe.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char *arguments[] = {"sh", "-c", "test \"$(pwd)\" = / && exit 7", NULL};
    char *variables[] = {NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;

    MUST(chdir("/dev") == 0);
    MUST(posix_spawn_file_actions_init(&actions) == 0);
    MUST(posix_spawn_file_actions_addchdir_np(&actions, "/") == 0);
    MUST(posix_spawn(&child, "/bin/sh", &actions, NULL, arguments, variables) == 0);
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    HELD();
    return 0;
}
