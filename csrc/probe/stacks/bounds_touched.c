/*
 * Checks that a thread can write to each page between the stack bounds that pthread_getattr_np
 * reports, and that a write right beyond the end towards which the stack grows raises SIGSEGV or
 * SIGBUS.
 */
#include "../direction.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

static char stack[64 << 10];
static sigjmp_buf back;
static int ended;

static void handler(int number)
{
    (void)number;
    siglongjmp(back, 1);
}

/* Returns whether a write to `byte` succeeds. */
static int is_writable(volatile char *byte)
{
    if (sigsetjmp(back, 1) != 0) {
        return 0;
    }
    *byte = *byte;
    return 1;
}

static void *start(void *arg)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    pthread_attr_t attr;
    void *lo = NULL;
    size_t size = 0;
    volatile size_t offset;

    MUST(sigaltstack(&alternate, NULL) == 0);
    MUST(pthread_getattr_np(pthread_self(), &attr) == 0);
    MUST(pthread_attr_getstack(&attr, &lo, &size) == 0);
    MUST(size >= page);
    for (offset = 0; offset < size; offset += page) {
        MUST(is_writable((char *)lo + offset));
    }
    MUST(is_writable((char *)lo + size - 1));
    MUST(!is_writable(stack_grows_up() ? (char *)lo + size : (char *)lo - 1));
    printf("%zu KiB\n", size >> 10);
    ended++;
    return arg;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    pthread_attr_t attr;
    pthread_t thread;

    MUST(sigaction(SIGSEGV, &action, NULL) == 0);
    MUST(sigaction(SIGBUS, &action, NULL) == 0);
    MUST(pthread_attr_init(&attr) == 0);
    MUST(pthread_attr_setstacksize(&attr, 256 << 10) == 0);
    MUST(pthread_create(&thread, &attr, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(ended == 1);
    HELD();
    return 0;
}
