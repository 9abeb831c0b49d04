/*
 * The values that the C library's headers give to constants and to static initializers, which the
 * scenario compares with those of the crate `libc`.
 */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#define _XOPEN_SOURCE 700
#define __EXTENSIONS__
#include "../../testprog.h"

#if HAVE_SIGNALS
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MAP_ANON
#define MAP_ANON MAP_ANONYMOUS
#endif

struct constant {
    const char *name;
    long long value;
};

#define CONSTANT(name) {#name, (long long)(name)}

/* The Rust half names the same constants in the same order. */
static const struct constant constants[] = {
    CONSTANT(EAGAIN),
    CONSTANT(EBUSY),
    CONSTANT(EDEADLK),
    CONSTANT(EINTR),
    CONSTANT(EINVAL),
    CONSTANT(ENAMETOOLONG),
    CONSTANT(ENOENT),
    CONSTANT(ENOSYS),
    CONSTANT(ENOTEMPTY),
    CONSTANT(EOVERFLOW),
    CONSTANT(ETIMEDOUT),
    CONSTANT(SIGBUS),
    CONSTANT(SIGCHLD),
    CONSTANT(SIGPROF),
    CONSTANT(SIGSEGV),
    CONSTANT(SIGSTOP),
    CONSTANT(SIGUSR1),
    CONSTANT(SIGUSR2),
    CONSTANT(SIG_BLOCK),
    CONSTANT(SIG_SETMASK),
    CONSTANT(SIG_UNBLOCK),
    CONSTANT(SA_NOCLDSTOP),
    CONSTANT(SA_NODEFER),
    CONSTANT(SA_ONSTACK),
    CONSTANT(SA_RESETHAND),
    CONSTANT(SA_RESTART),
    CONSTANT(SA_SIGINFO),
    CONSTANT(SS_DISABLE),
    CONSTANT(SS_ONSTACK),
    CONSTANT(O_APPEND),
    CONSTANT(O_CLOEXEC),
    CONSTANT(O_CREAT),
    CONSTANT(O_DIRECTORY),
    CONSTANT(O_EXCL),
    CONSTANT(O_NONBLOCK),
    CONSTANT(O_TRUNC),
    CONSTANT(F_DUPFD_CLOEXEC),
    CONSTANT(F_SETFL),
    CONSTANT(FD_CLOEXEC),
    CONSTANT(MAP_ANON),
    CONSTANT(MAP_FIXED),
    CONSTANT(MAP_PRIVATE),
    CONSTANT(PROT_NONE),
    CONSTANT(PROT_READ),
    CONSTANT(PROT_WRITE),
    CONSTANT(RLIMIT_CORE),
    CONSTANT(RLIMIT_NOFILE),
    CONSTANT(RLIMIT_STACK),
    CONSTANT(CLOCK_MONOTONIC),
    CONSTANT(CLOCK_REALTIME),
    CONSTANT(_SC_NPROCESSORS_ONLN),
    CONSTANT(_SC_PAGESIZE),
    CONSTANT(PTHREAD_CREATE_DETACHED),
    CONSTANT(PTHREAD_MUTEX_ERRORCHECK),
    CONSTANT(PTHREAD_MUTEX_NORMAL),
    CONSTANT(PTHREAD_MUTEX_RECURSIVE),
    CONSTANT(WNOHANG),
};

static const pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static const pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

static const struct {
    const char *name;
    const void *object;
    size_t size;
} initializers[] = {
    {"PTHREAD_MUTEX_INITIALIZER", &mutex, sizeof(mutex)},
    {"PTHREAD_COND_INITIALIZER", &condition, sizeof(condition)},
    {"PTHREAD_RWLOCK_INITIALIZER", &lock, sizeof(lock)},
};

/*
 * Stores the value of the constant `index` in `value`, and returns the name of the constant.
 * Returns NULL if no constant has this index.
 */
const char *csrc_constant(uint32_t index, long long *value)
{
    if (index >= sizeof(constants) / sizeof(constants[0])) {
        return NULL;
    }
    *value = constants[index].value;
    return constants[index].name;
}

/* Works like csrc_constant, but returns the bytes of an object with a static initializer. */
const char *csrc_initializer(uint32_t index, const void **object, size_t *size)
{
    if (index >= sizeof(initializers) / sizeof(initializers[0])) {
        return NULL;
    }
    *object = initializers[index].object;
    *size = initializers[index].size;
    return initializers[index].name;
}
#else
const char *csrc_constant(uint32_t index, long long *value)
{
    (void)index;
    (void)value;
    return NULL;
}

const char *csrc_initializer(uint32_t index, const void **object, size_t *size)
{
    (void)index;
    (void)object;
    (void)size;
    return NULL;
}
#endif
