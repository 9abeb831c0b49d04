/*
 * Changes registers and the rounding mode in a signal handler, and checks that the interrupted code
 * continues with its own registers and its own rounding mode.
 */
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <signal.h>

static volatile int is_handled;

/*
 * The compiler does not know that the handler changes the registers, so the handler does not
 * restore the registers.
 */
static void handler(int number)
{
    (void)number;
    is_handled = 1;
    csrc_round_up(0);
#if defined(__x86_64__)
    __asm__ volatile("xorl %r12d, %r12d\n\txorl %r13d, %r13d");
#elif defined(__aarch64__)
    __asm__ volatile("mov x26, xzr\n\tfmov d9, xzr");
#elif defined(__riscv) && defined(__riscv_float_abi_double)
    __asm__ volatile("li s9, 0\n\tfmv.d.x fs9, zero");
#elif defined(__s390x__)
    __asm__ volatile("lghi %r9, 0");
#endif
}

static void send(void *arg)
{
    int *error = arg;

    if (raise(SIGUSR1) != 0) {
        *error = errno;
    }
}

static void on_thread(void *arg)
{
    int *error = arg;
    int changed;

    csrc_round_up(1);
    changed = csrc_keeps_registers("a signal", send, error);
    if (*error == 0) {
        *error = changed;
    }
    if (*error == 0 && !csrc_rounds_up()) {
        *error = csrc_wrong("a signal changed the rounding mode of the code that it interrupted");
    }
    csrc_round_up(0);
}

int csrc_signal_keeps_registers(void)
{
    struct sigaction action = {.sa_handler = handler};
    int failed = 0;
    int error;

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, NULL) == -1) {
        return errno;
    }
    error = csrc_thread(on_thread, &failed);
    if (error != 0 || failed != 0) {
        return error != 0 ? error : failed;
    }
    return is_handled ? 0 : csrc_wrong("the signal was not handled");
}
#else
int csrc_signal_keeps_registers(void)
{
    return ENOTSUP;
}
#endif
