/* Checks that posix_spawn of a file that does not exist fails in the calling process. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <spawn.h>

extern char **environ;

static int expect_error(const char *path, int expected)
{
    char name[] = "a-program";
    char *const arguments[] = {name, NULL};
    pid_t child = -1;
    int error = posix_spawn(&child, path, NULL, NULL, arguments, environ);

    if (error == expected) {
        return 0;
    }
    if (error == 0) {
        return csrc_wrong("posix_spawn of `%s` returned 0, and its child ended with status %d", path,
                          csrc_end_of(child));
    }
    return csrc_wrong("posix_spawn of `%s` returned %d instead of %d", path, error, expected);
}

static void on_thread(void *arg)
{
    int *error = arg;

    *error = expect_error("/no-such-folder/no-such-program", ENOENT);
    if (*error == 0) {
        *error = expect_error("/", EACCES);
    }
    /* A failed posix_spawn must leave no child process behind. */
    if (*error == 0 && (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)) {
        *error = csrc_wrong("a failed posix_spawn left a child process behind");
    }
}

int csrc_spawn_error(void)
{
    int result = 0;
    int error = csrc_thread(on_thread, &result);

    return error != 0 ? error : result;
}
#else
int csrc_spawn_error(void)
{
    return ENOTSUP;
}
#endif
