/* Checks that a thread runs on the memory given to pthread_attr_setstack. */
#include "../probe.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#define SIZE ((size_t)1 << 20)

static char *memory;
static int ran;

static void *start(void *arg)
{
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

    MUST((uintptr_t)memory < sp && sp <= (uintptr_t)memory + SIZE);
    ran = 1;
    return arg;
}

int main(void)
{
    pthread_attr_t attr;
    pthread_t thread;

    memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(memory != MAP_FAILED);
    MUST(pthread_attr_init(&attr) == 0);
    MUST(pthread_attr_setstack(&attr, memory, SIZE) == 0);
    MUST(pthread_create(&thread, &attr, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(ran);
    HELD();
    return 0;
}
