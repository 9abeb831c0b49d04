/*
 * Mutant of the C library: posix_spawn reports an error by errno and the result -1, as fork and
 * exec do, instead of returning the error.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <errno.h>
#include <spawn.h>

int posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
    int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[],
                char *const[]);
    int error;

    find_real("posix_spawn", &real);
    error = real(child, path, actions, attributes, arguments, environment);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return 0;
}
