/*
 * Mutant of the C library: getpid returns a process ID that fork does not update.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t getpid(void)
{
    static pid_t cached;

    if (cached == 0) {
        cached = (pid_t)syscall(SYS_getpid);
    }
    return cached;
}
