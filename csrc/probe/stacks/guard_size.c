/*
 * Checks that the inaccessible memory beyond the end of a thread's stack is as large as
 * pthread_attr_setguardsize asked for.
 */
#include "../direction.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#define SIZE ((size_t)256 << 10)

static char stack[64 << 10];
static sigjmp_buf back;
static pthread_attr_t attr;
static int ready[2];

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

static void *stay(void *arg)
{
    MUST(write(ready[1], "", 1) == 1);
    for (;;) {
        pause();
    }
    return arg;
}

/*
 * Starts a second thread. Most systems place the second thread's stack right beyond the guard of
 * this thread's stack, so the memory beyond a guard that is too small is accessible.
 */
static void *start(void *arg)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    pthread_t thread;
    pthread_attr_t now;
    void *lo = NULL;
    size_t size = 0;
    char byte;
    volatile size_t offset;
    int grows_up = stack_grows_up();

    MUST(pthread_create(&thread, &attr, stay, NULL) == 0);
    MUST(read(ready[0], &byte, 1) == 1);
    MUST(sigaltstack(&alternate, NULL) == 0);
    MUST(pthread_getattr_np(pthread_self(), &now) == 0);
    MUST(pthread_attr_getguardsize(&now, &size) == 0 && size == SIZE);
    MUST(pthread_attr_getstack(&now, &lo, &size) == 0);
    MUST(is_writable(grows_up ? (char *)lo + size - 1 : (char *)lo));
    for (offset = page; offset <= SIZE; offset += page) {
        MUST(!is_writable(grows_up ? (char *)lo + size + offset - page : (char *)lo - offset));
    }
    HELD();
    _exit(0);
    return arg;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    pthread_t thread;

    MUST(pipe(ready) == 0);
    MUST(sigaction(SIGSEGV, &action, NULL) == 0);
    MUST(sigaction(SIGBUS, &action, NULL) == 0);
    MUST(pthread_attr_init(&attr) == 0);
    MUST(pthread_attr_setguardsize(&attr, SIZE) == 0);
    MUST(pthread_create(&thread, &attr, start, NULL) == 0);
    pthread_join(thread, NULL);
    return 1;
}
