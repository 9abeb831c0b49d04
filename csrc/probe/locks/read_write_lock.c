/* Checks that a read-write lock admits several readers or one writer. */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int ended;

static void *read_again(void *arg)
{
    MUST(pthread_rwlock_tryrdlock(&lock) == 0);
    MUST(pthread_rwlock_unlock(&lock) == 0);
    MUST(pthread_rwlock_trywrlock(&lock) == EBUSY);
    ended++;
    return arg;
}

static void *excluded(void *arg)
{
    MUST(pthread_rwlock_tryrdlock(&lock) == EBUSY);
    MUST(pthread_rwlock_trywrlock(&lock) == EBUSY);
    ended++;
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(pthread_rwlock_rdlock(&lock) == 0);
    MUST(pthread_create(&thread, NULL, read_again, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(pthread_rwlock_unlock(&lock) == 0);
    MUST(pthread_rwlock_wrlock(&lock) == 0);
    MUST(pthread_create(&thread, NULL, excluded, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(pthread_rwlock_unlock(&lock) == 0);
    MUST(pthread_rwlock_trywrlock(&lock) == 0);
    MUST(ended == 2);
    HELD();
    return 0;
}
