/*
 * Mutant of the C library: posix_spawn reports an error by errno and the result -1, as fork and
 * exec do, instead of returning the error.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <string.h>

int posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
    int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[],
                char *const[]);
    void *symbol = dlsym(RTLD_NEXT, "posix_spawn");
    int error;

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    error = real(child, path, actions, attributes, arguments, environment);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return 0;
}
