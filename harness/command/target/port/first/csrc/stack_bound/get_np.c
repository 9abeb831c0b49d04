/* Reads stack bounds on FreeBSD and DragonFly, with pthread_attr_get_np(3). */
#include "../testprog.h"

#include <pthread.h>
#include <pthread_np.h>

void csrc_stack_bound(uintptr_t bounds[2])
{
    pthread_attr_t attr;
    void *lo = NULL;
    size_t size = 0;

    bounds[0] = 0;
    bounds[1] = 0;
    if (pthread_attr_init(&attr) != 0) {
        return;
    }
    if (pthread_attr_get_np(pthread_self(), &attr) == 0 && pthread_attr_getstack(&attr, &lo, &size) == 0) {
        bounds[0] = (uintptr_t)lo;
        bounds[1] = (uintptr_t)lo + size;
    }
    pthread_attr_destroy(&attr);
}
