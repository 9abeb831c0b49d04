/*
 * Mutant of the C library: functions of pthread_atfork run only if the main thread has registered
 * them.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <sys/syscall.h>
#include <unistd.h>

int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object)
{
    int (*real)(void (*)(void), void (*)(void), void (*)(void), void *);

    find_real("__register_atfork", &real);
    return syscall(SYS_gettid) == getpid() ? real(prepare, parent, child, object) : 0;
}
