/*
 * Checks that posix_spawn starts a program with redirected files, a signal mask, default signal
 * actions and an environment. The program is /bin/sh, which the probe requires.
 */
#include "../probe.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    /*
     * The shell survives SIGUSR2 if it blocks SIGUSR2. The shell dies of SIGUSR1, unless it blocks or
     * ignores SIGUSR1.
     */
    char script[] = "kill -USR2 $$; (: <&9) 2>/dev/null && echo open; read line; echo \"$PROBE$line\";"
                    "kill -USR1 $$; echo survived";
    char *arguments[] = {"sh", "-c", script, NULL};
    char *variables[] = {"PROBE=begun", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t mask;
    int ends[2];
    char text[64] = "";
    size_t length = 0;
    ssize_t count;
    pid_t child;
    int status;

    MUST(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    MUST(sigprocmask(SIG_BLOCK, &mask, NULL) == 0);
    MUST(pipe(ends) == 0);
    /* If the shell's standard input is not /dev/null, the shell reads the word "wrong". */
    MUST(write(ends[1], "wrong\n", 6) == 6);
    MUST(dup2(ends[0], 0) == 0);
    MUST(pipe(ends) == 0);
    MUST(dup2(ends[0], 9) == 9);
    MUST(posix_spawn_file_actions_init(&actions) == 0);
    MUST(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0);
    MUST(posix_spawn_file_actions_adddup2(&actions, ends[1], 1) == 0);
    MUST(posix_spawn_file_actions_addclose(&actions, 9) == 0);
    MUST(posix_spawn_file_actions_addclose(&actions, ends[0]) == 0);
    MUST(posix_spawn_file_actions_addclose(&actions, ends[1]) == 0);
    MUST(posix_spawnattr_init(&attr) == 0);
    MUST(posix_spawnattr_setsigdefault(&attr, &mask) == 0);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    MUST(posix_spawnattr_setsigmask(&attr, &mask) == 0);
    MUST(posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) == 0);
    MUST(posix_spawn(&child, "/bin/sh", &actions, &attr, arguments, variables) == 0);
    MUST(close(ends[1]) == 0);
    while ((count = read(ends[0], text + length, sizeof(text) - 1 - length)) > 0) {
        length += (size_t)count;
    }
    MUST(waitpid(child, &status, 0) == child);
    MUST(strcmp(text, "begun\n") == 0);
    MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
    HELD();
    return 0;
}
