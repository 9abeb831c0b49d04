/*
 * Checks that each thread has its own alternate signal stack: a new thread has none, and a handler
 * runs on the alternate stack of the thread that got the signal.
 */
#include "../probe.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>

static char stack_of_main[64 << 10];
static char stack_of_thread[64 << 10];
static volatile sig_atomic_t handled;

static void handler(int number)
{
    stack_t now;
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

    (void)number;
    MUST((uintptr_t)stack_of_thread < sp && sp <= (uintptr_t)stack_of_thread + sizeof(stack_of_thread));
    MUST(sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_ONSTACK) != 0);
    handled++;
}

static void *start(void *arg)
{
    stack_t alternate = {.ss_sp = stack_of_thread, .ss_size = sizeof(stack_of_thread)};
    stack_t now;

    MUST(sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) != 0);
    MUST(sigaltstack(&alternate, NULL) == 0);
    MUST(pthread_kill(pthread_self(), SIGUSR1) == 0);
    MUST(handled == 1);
    return arg;
}

int main(void)
{
    stack_t alternate = {.ss_sp = stack_of_main, .ss_size = sizeof(stack_of_main)};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    stack_t now;
    pthread_t thread;

    MUST(sigaltstack(&alternate, NULL) == 0);
    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(handled == 1);
    MUST(sigaltstack(NULL, &now) == 0 && now.ss_sp == stack_of_main);
    HELD();
    return 0;
}
