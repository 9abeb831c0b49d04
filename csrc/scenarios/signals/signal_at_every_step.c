/*
 * Raises a signal at every instruction of a thread that calls back into the runtime, from before
 * the thread's first callback to the thread's end.
 */
#define _GNU_SOURCE /* for REG_RIP and the other names of registers */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SINGLE_STEP && HAVE_STACK_SWITCH
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

/*
 * Trap flag of x86-64. While the trap flag is set, each instruction raises SIGTRAP. The kernel
 * clears the trap flag when it calls a signal handler.
 */
#define TRAP_FLAG 0x100
/*
 * Size of a stack in bytes, large enough for a callback and a signal handler that interrupts the
 * callback and also calls back.
 */
#define STACK_SIZE ((size_t)128 << 10)

/*
 * Type of a signal set in Linux's system calls, which is smaller than the C library's sigset_t.
 */
typedef uint64_t kernel_set;

struct run {
    csrc_callback *callback;
    unsigned budget;
    int error;
};

static csrc_callback *volatile call_in_handler;
static volatile sig_atomic_t is_stepping;
/* Number of instructions at which the thread may still stop in the current part of its work. */
static unsigned steps_left;
static unsigned open_steps;
static unsigned blocked_steps;
static unsigned shortest_part;

static kernel_set bit(int signal)
{
    return (kernel_set)1 << (signal - 1);
}

static kernel_set read_mask(const ucontext_t *context)
{
    kernel_set mask;

    memcpy(&mask, &context->uc_sigmask, sizeof mask);
    return mask;
}

/*
 * Returns whether the next instruction is the system call rt_sigprocmask, which changes the signal
 * mask.
 */
static int changes_mask(const greg_t *registers)
{
    static const unsigned char syscall_instruction[] = {0x0f, 0x05};
    const void *next = (const void *)registers[REG_RIP];

    return registers[REG_RAX] == SYS_rt_sigprocmask &&
           memcmp(next, syscall_instruction, sizeof syscall_instruction) == 0;
}

/*
 * Emulates the system call rt_sigprocmask, but never blocks SIGTRAP. The kernel kills a process
 * that single-steps while SIGTRAP is blocked.
 */
static void change_mask(ucontext_t *context)
{
    greg_t *registers = context->uc_mcontext.gregs;
    const void *set = (const void *)registers[REG_RSI];
    void *old = (void *)registers[REG_RDX];
    kernel_set before = read_mask(context);
    kernel_set mask = before;
    kernel_set change;

    if (set != NULL) {
        memcpy(&change, set, sizeof change);
        switch (registers[REG_RDI]) {
        case SIG_BLOCK:
            mask = before | change;
            break;
        case SIG_UNBLOCK:
            mask = before & ~change;
            break;
        default:
            mask = change;
            break;
        }
    }
    if (old != NULL) {
        memcpy(old, &before, sizeof before);
    }
    mask &= ~bit(SIGTRAP);
    memcpy(&context->uc_sigmask, &mask, sizeof mask);
    registers[REG_RAX] = 0;
    registers[REG_RIP] += 2; /* Skips the instruction `syscall`, which is 2 bytes long. */
}

/*
 * Calls back if SIGUSR1 is not blocked at the interrupted instruction, since the signal could
 * arrive at that instruction.
 */
static void step(const ucontext_t *context)
{
    if ((read_mask(context) & bit(SIGUSR1)) == 0) {
        open_steps++;
        call_in_handler();
    } else {
        blocked_steps++;
    }
}

static void handler(int signal, siginfo_t *info, void *arg)
{
    ucontext_t *context = arg;
    greg_t *registers = context->uc_mcontext.gregs;
    int saved = errno;

    (void)signal;
    (void)info;
    if (steps_left == 0) {
        is_stepping = 0;
    }
    if (is_stepping) {
        steps_left--;
        step(context);
        if (changes_mask(registers)) {
            change_mask(context);
            step(context);
        }
        registers[REG_EFL] |= TRAP_FLAG;
    } else {
        registers[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    }
    errno = saved;
}

/*
 * Ends the current part of the thread's work, and updates the length of the shortest part, in
 * instructions.
 */
static void end_part(const struct run *run)
{
    unsigned steps = run->budget - steps_left;

    if (steps < shortest_part) {
        shortest_part = steps;
    }
}

/*
 * Begins the next part of the thread's work. In each part, the thread stops at most `budget` times,
 * each time after one instruction.
 */
static void begin_part(const struct run *run)
{
    steps_left = run->budget;
    if (!is_stepping) {
        is_stepping = 1;
        raise(SIGTRAP);
    }
}

static void call(void *arg)
{
    const struct run *run = arg;

    run->callback();
}

static void visit(struct run *run, char *stack)
{
    begin_part(run);
    if (run->error == 0) {
        run->error = csrc_switch(csrc_on_stack_any, stack, STACK_SIZE, call, run);
    }
    run->callback();
    end_part(run);
}

/*
 * Runs the seven parts of the thread's work, in which the thread calls back from its own stack and
 * from three other stacks.
 *
 * 1. Two of the three other stacks lie below and above the thread's own stack. If a handler found
 *    one bound of the old stack and one bound of the new stack, the handler's check of the bounds
 *    would fail on one of the two stacks.
 *
 * 2. The third of the three other stacks is registered and lies within the thread's own stack.
 *    After a registration, every callback searches the list of registered stacks, even in a handler
 *    that interrupts a change of the list.
 */
static void on_thread(void *below, void *above, void *arg)
{
    struct run *run = arg;
    char within[STACK_SIZE];

    begin_part(run);
    run->callback();
    end_part(run);
    visit(run, below);
    visit(run, above);
    begin_part(run);
    if (run->error == 0) {
        run->error = runtime_register_stack(within, within + STACK_SIZE);
    }
    end_part(run);
    visit(run, within);
    begin_part(run);
    if (run->error == 0) {
        run->error = runtime_retire_stack(within);
    }
    end_part(run);
    begin_part(run);
    /*
     * The last part of the thread's work includes the thread's destructors, up to the thread's last
     * system call.
     */
}

/*
 * Runs a thread that calls back seven times, and whose work has seven parts. In each part of its
 * work, the thread stops at no more than `budget` instructions. Stores in counts[0] the number of
 * instructions at which the handler called back, and in counts[1] the number of instructions at
 * which signals were blocked. Stores in counts[2] the number of instructions at which the thread
 * stopped in its shortest part.
 */
int csrc_signal_at_every_step(csrc_callback *callback, csrc_callback *in_handler, unsigned budget, unsigned counts[3])
{
    struct sigaction action = {0};
    struct run run = {callback, budget, 0};
    int error;

    call_in_handler = in_handler;
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigfillset(&action.sa_mask);
    if (sigaction(SIGTRAP, &action, NULL) == -1) {
        return errno;
    }
    shortest_part = budget;
    error = csrc_thread_between(STACK_SIZE, on_thread, &run);
    is_stepping = 0;
    end_part(&run);
    counts[0] = open_steps;
    counts[1] = blocked_steps;
    counts[2] = shortest_part;
    return error != 0 ? error : run.error;
}
#else
int csrc_signal_at_every_step(csrc_callback *callback, csrc_callback *in_handler, unsigned budget, unsigned counts[3])
{
    (void)callback;
    (void)in_handler;
    (void)budget;
    (void)counts;
    return ENOTSUP;
}
#endif
