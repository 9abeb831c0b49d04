/*
 * Reports the sizes and alignments of the C library's types, which the C compiler takes from the
 * headers.
 */
#define _GNU_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#if HAVE_SIGNALS
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define OF(type) {#type, sizeof(type), _Alignof(type)}

static const struct {
    const char *name;
    size_t size;
    size_t alignment;
} types[] = {
    OF(pthread_t),     OF(pthread_attr_t),  OF(pthread_mutex_t), OF(pthread_cond_t), OF(pthread_rwlock_t),
    OF(pthread_key_t), OF(sigset_t),        OF(stack_t),         OF(siginfo_t),      OF(struct sigaction),
    OF(struct rlimit), OF(struct timespec), OF(struct stat),     OF(off_t),          OF(time_t),
};

const char *csrc_type(unsigned index, size_t *size, size_t *alignment)
{
    if (index >= sizeof(types) / sizeof(types[0])) {
        return NULL;
    }
    *size = types[index].size;
    *alignment = types[index].alignment;
    return types[index].name;
}
#else
const char *csrc_type(unsigned index, size_t *size, size_t *alignment)
{
    (void)index;
    (void)size;
    (void)alignment;
    return NULL;
}
#endif
