/* pthread_create: below a thread's stack is memory without access, so that an overflow is a signal and nothing worse. */
#include "probe.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static char stack[64 << 10];
static volatile int deepest;

static void handler(int number)
{
    MUST(deepest > 4); /* or the thread died of something else */
    printf("%s\n", number == SIGSEGV ? "SIGSEGV" : "SIGBUS");
    fflush(stdout);
    _exit(0);
}

static int recurse(int depth)
{
    volatile char frame[512];

    frame[0] = (char)depth;
    deepest = depth;
    return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
}

static void *overflow(void *arg)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};

    MUST(sigaltstack(&alternate, NULL) == 0);
    recurse(0);
    return arg;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    pthread_t thread;

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    MUST(pthread_create(&thread, NULL, overflow, NULL) == 0);
    pthread_join(thread, NULL);
    return 1;
}
