/*
 * Checks that the memory beyond the end of a thread's stack is inaccessible, so that a stack
 * overflow raises SIGSEGV or SIGBUS.
 */
#include "../probe.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

static char stack[64 << 10];
static int ready[2];
static volatile int deepest;
/*
 * Frame addresses of `overflow` (first), of the deepest call of `recurse` (last), and of `stay` on
 * the second thread's stack (neighbor). `last` is below `first`, or above if the stack grows up.
 */
static volatile uintptr_t first;
static volatile uintptr_t last;
static volatile uintptr_t neighbor;

static void handler(int number)
{
    /*
     * If the recursion made no more than 4 calls, something other than an overflow raised the
     * signal.
     */
    MUST(deepest > 4);
    /*
     * If `neighbor` lies between `first` and `last`, the overflow overwrote the second thread's
     * stack.
     */
    MUST((neighbor > first) == (neighbor > last));
    printf("%s\n", number == SIGSEGV ? "SIGSEGV" : "SIGBUS");
    HELD();
    _exit(0);
}

static int recurse(int depth)
{
    volatile char frame[512];

    frame[0] = (char)depth;
    deepest = depth;
    last = (uintptr_t)frame;
    return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
}

static void *stay(void *arg)
{
    neighbor = (uintptr_t)__builtin_frame_address(0);
    MUST(write(ready[1], "", 1) == 1);
    for (;;) {
        pause();
    }
    return arg;
}

/*
 * Starts a second thread and then overflows this thread's stack. Most systems place the second
 * thread's stack right beyond the end of this thread's stack, so without a guard page, the overflow overwrites
 * the second thread's stack.
 */
static void *overflow(void *arg)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    pthread_t thread;
    char byte;

    first = (uintptr_t)__builtin_frame_address(0);
    MUST(pthread_create(&thread, NULL, stay, NULL) == 0);
    MUST(read(ready[0], &byte, 1) == 1);
    MUST(sigaltstack(&alternate, NULL) == 0);
    AWAIT("an endless recursion raises SIGSEGV or SIGBUS");
    recurse(0);
    return arg;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    pthread_t thread;

    MUST(pipe(ready) == 0);
    MUST(sigaction(SIGSEGV, &action, NULL) == 0);
    MUST(sigaction(SIGBUS, &action, NULL) == 0);
    MUST(pthread_create(&thread, NULL, overflow, NULL) == 0);
    pthread_join(thread, NULL);
    return 1;
}
