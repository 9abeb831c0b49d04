/*
 * Runs code on a stack of which only the pages at the start are accessible. A handler of SIGSEGV on
 * an alternate stack makes the next page accessible at each fault, so that the stack grows.
 */
#define _DEFAULT_SOURCE /* for MAP_ANONYMOUS */
#define _DARWIN_C_SOURCE
#define _XOPEN_SOURCE 700
#define __EXTENSIONS__ /* for MAP_ANONYMOUS on illumos */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __OpenBSD__
#define STACK_MARK MAP_STACK /* OpenBSD kills a process whose stack pointer is in other memory. */
#else
#define STACK_MARK 0
#endif

/* Size in bytes of the growing stack, and how much of the stack the code uses. */
#define SIZE ((size_t)512 << 10)
#define USED ((size_t)320 << 10)
/* Size in bytes of the accessible part at the start, large enough for each switcher. */
#define FIRST ((size_t)128 << 10)
#define SIGNAL_STACK ((size_t)64 << 10)

struct run {
    csrc_callback *callback;
    char *stack;
    char *signal_stack;
    int error;
};

static int grows_up;
static char *edge;           /* Where the accessible part of the growing stack ends. */
static const char *handlers; /* The alternate stack. */
static size_t page;
static volatile sig_atomic_t faults, wrong_addresses, wrong_stacks;

/* Makes the page of the fault accessible. */
static void grow(int number, siginfo_t *info, void *context)
{
    uintptr_t here = CSRC_FRAME;
    const char *address = info->si_addr;
    char *next = grows_up ? edge : edge - page;

    (void)number;
    (void)context;
    faults++;
    wrong_stacks += here <= (uintptr_t)handlers || here > (uintptr_t)handlers + SIGNAL_STACK;
    if (address < next || address >= next + page) {
        wrong_addresses++;
    }
    edge = grows_up ? edge + page : next;
    /* POSIX does not list mprotect as async-signal-safe, but mprotect is only a system call. */
    if (mprotect(next, page, PROT_READ | PROT_WRITE) == -1) {
        _exit(1);
    }
}

/*
 * Calls itself until USED bytes from the stack's start are in use. Each frame is smaller than a
 * page.
 */
static unsigned recurse(uintptr_t start)
{
    uintptr_t here = CSRC_FRAME;
    uintptr_t used = grows_up ? here - start : start - here;
    volatile char frame[512];

    frame[0] = 1;
    return used < USED ? recurse(start) + (unsigned)frame[0] : (unsigned)frame[0];
}

static void on_stack(void *arg)
{
    const struct run *run = arg;

    recurse((uintptr_t)run->stack + (grows_up ? 0 : SIZE));
    run->callback();
}

static int check(const struct run *run)
{
    size_t accessible = (size_t)(grows_up ? edge - run->stack : run->stack + SIZE - edge);
    size_t grown = (accessible - FIRST) / page;

    if (wrong_stacks != 0) {
        return csrc_wrong("the handler of a fault did not run on the alternate stack");
    }
    if (wrong_addresses != 0) {
        return csrc_wrong("in %d of %d faults, si_addr was not in the page after the accessible stack",
                          (int)wrong_addresses, (int)faults);
    }
    if ((size_t)faults != grown || grown < (USED - FIRST) / page) {
        return csrc_wrong("%d faults made %u pages accessible, and at least %u are in use", (int)faults,
                          (unsigned)grown, (unsigned)((USED - FIRST) / page));
    }
    return 0;
}

static void on_thread(void *arg)
{
    struct run *run = arg;
    stack_t signal_stack = {0}, old;

    signal_stack.ss_sp = run->signal_stack;
    signal_stack.ss_size = SIGNAL_STACK;
    if (sigaltstack(&signal_stack, &old) == -1) {
        run->error = errno;
        return;
    }
    run->error = csrc_switch(csrc_on_stack_any, run->stack, SIZE, on_stack, run);
    sigaltstack(&old, NULL);
    if (run->error == 0) {
        run->error = check(run);
    }
}

static int run_on(struct run *run)
{
    struct sigaction action = {.sa_sigaction = grow, .sa_flags = SA_SIGINFO | SA_ONSTACK}, old[2];
    int error;

    grows_up = csrc_stack_grows_up();
    edge = run->stack + (grows_up ? FIRST : SIZE - FIRST);
    handlers = run->signal_stack;
    faults = wrong_addresses = wrong_stacks = 0;
    sigemptyset(&action.sa_mask);
    if (mprotect(grows_up ? edge : run->stack, SIZE - FIRST, PROT_NONE) == -1 ||
        sigaction(SIGSEGV, &action, &old[0]) == -1 || sigaction(SIGBUS, &action, &old[1]) == -1) {
        return errno;
    }
    error = csrc_thread(on_thread, run);
    sigaction(SIGSEGV, &old[0], NULL);
    sigaction(SIGBUS, &old[1], NULL);
    return error != 0 ? error : run->error;
}

int csrc_handler_grows_stack(csrc_callback *callback)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | STACK_MARK;
    struct run run = {callback, mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, -1, 0), malloc(SIGNAL_STACK), 0};
    int error;

    page = (size_t)sysconf(_SC_PAGESIZE);
    if (run.stack == MAP_FAILED) {
        free(run.signal_stack);
        return ENOMEM;
    }
    error = run.signal_stack == NULL ? ENOMEM : run_on(&run);
    munmap(run.stack, SIZE);
    free(run.signal_stack);
    return error;
}
#else
int csrc_handler_grows_stack(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
