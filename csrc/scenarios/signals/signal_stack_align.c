/* Checks that the stack pointer is aligned in signal handlers. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define STACK_SIZE ((size_t)128 << 10)
/* Alignment in bytes of a stack pointer in the ABIs of all 64-bit processors. */
#define ALIGNMENT 16

static volatile sig_atomic_t handled;
static volatile sig_atomic_t misaligned;

/*
 * Returns `pointer` as a number. The volatile variable keeps the compiler from assuming that the
 * number is aligned.
 */
static uintptr_t number_of(const volatile void *pointer)
{
    volatile uintptr_t number = (uintptr_t)pointer;

    return number;
}

/*
 * The compiler places the array at a multiple of 16 only relative to the stack pointer at the
 * function's entry, so the array is misaligned if the stack pointer was.
 */
static void handler(int number)
{
    /*
     * The array has no initializer, because an optimizing compiler would fill the array by an
     * instruction that faults at a misaligned address.
     */
    _Alignas(ALIGNMENT) volatile char local[ALIGNMENT];

    local[0] = 0;
    handled++;
    misaligned += number_of(local) % ALIGNMENT != 0;
    if (number == SIGUSR1) {
        raise(SIGUSR2); /* The second handler interrupts the first. */
    }
}

static int raise_both(const char *where)
{
    handled = 0;
    misaligned = 0;
    raise(SIGUSR1);
    if (handled != 2) {
        return csrc_wrong("%s, %d signals were handled instead of 2", where, (int)handled);
    }
    return misaligned == 0 ? 0
                           : csrc_wrong("%s, the stack pointer was misaligned in %d handlers", where, (int)misaligned);
}

static int set_handlers(int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigemptyset(&action.sa_mask);
    return sigaction(SIGUSR1, &action, NULL) == -1 || sigaction(SIGUSR2, &action, NULL) == -1 ? errno : 0;
}

static void on_thread(void *arg)
{
    int *error = arg;
    char *stack = malloc(STACK_SIZE);
    const stack_t off = {.ss_flags = SS_DISABLE, .ss_size = STACK_SIZE};
    int odd;

    *error = stack == NULL ? ENOMEM : set_handlers(0);
    if (*error == 0) {
        *error = raise_both("on the thread's own stack");
    }
    if (*error == 0) {
        *error = set_handlers(SA_ONSTACK);
    }
    for (odd = 0; odd < 32 && *error == 0; odd++) {
        const stack_t set = {.ss_sp = stack + odd, .ss_size = STACK_SIZE - 64 + (size_t)(odd / 3)};

        *error = sigaltstack(&set, NULL) == -1 ? errno : raise_both("on an alternate stack with odd bounds");
    }
    sigaltstack(&off, NULL);
    free(stack);
}

int csrc_signal_stack_align(void)
{
    int result = 0;
    int error = csrc_thread(on_thread, &result);

    return error != 0 ? error : result;
}
#else
int csrc_signal_stack_align(void)
{
    return ENOTSUP;
}
#endif
