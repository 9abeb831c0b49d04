/* Writes to address 0, and calls back from the handler of SIGSEGV on the alternate signal stack. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <signal.h>
#include <stdlib.h>

/* Size in bytes of the alternate stack, on which a debug build prints a backtrace. */
#define STACK_SIZE ((size_t)1 << 20)

static csrc_callback *call_in_handler;
static int *volatile nowhere;

static void handler(int number)
{
    signal(number, SIG_DFL);
    call_in_handler();
    /* The faulting instruction runs again after this function, and kills the process. */
}

/* Writes to address 0. The name of this function must be in the backtrace. */
void csrc_fault_for_traceback(void)
{
    *(volatile int *)nowhere = 1;
}

int csrc_traceback_sigpanic(csrc_callback *in_handler)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    const stack_t set = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};

    call_in_handler = in_handler;
    sigemptyset(&action.sa_mask);
    if (set.ss_sp == NULL) {
        return ENOMEM;
    }
    if (sigaltstack(&set, NULL) == -1 || sigaction(SIGSEGV, &action, NULL) == -1 ||
        sigaction(SIGBUS, &action, NULL) == -1) {
        return errno;
    }
    return 0;
}
#else
void csrc_fault_for_traceback(void)
{
}

int csrc_traceback_sigpanic(csrc_callback *in_handler)
{
    (void)in_handler;
    return ENOTSUP;
}
#endif
