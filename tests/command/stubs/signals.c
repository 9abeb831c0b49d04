/* Stubs of the probes in csrc/probe/signals and csrc/probe/stacks. */
#include "stubs.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>
#include <ucontext.h>
#include <unistd.h>

static int kills_process(int number)
{
    return kill(getpid(), number);
}

static int ignores_thread(pid_t process, pid_t thread, int number)
{
    (void)thread;
    return kill(process, number);
}

static int kills_whole_process(pid_t process, pid_t thread, int number)
{
    (void)thread;
    return process == getpid() ? kill(process, number) : -1;
}

static int without_mask(int file, const sigset_t *mask, int flags)
{
    sigset_t none;

    (void)mask;
    sigemptyset(&none);
    return signalfd(file, &none, flags);
}

static int takes_all_signals(int file, const sigset_t *mask, int flags)
{
    sigset_t all;

    (void)mask;
    sigfillset(&all);
    return signalfd(file, &all, flags);
}

static int never_disables(const stack_t *stack, stack_t *old)
{
    return sigaltstack(stack != NULL && (stack->ss_flags & SS_DISABLE) != 0 ? NULL : stack, old);
}

static int sends_no_value(pid_t process, int number, union sigval value)
{
    (void)value;
    return kill(process, number);
}

static int is_interrupted(const sigset_t *mask)
{
    (void)mask;
    errno = EINTR;
    return -1;
}

static void (*real_handler)(int, siginfo_t *, void *);

static void with_zeros(int number, siginfo_t *info, void *context)
{
    static siginfo_t no_info;
    static ucontext_t no_context;

    (void)info;
    (void)context;
    real_handler(number, &no_info, &no_context);
}

static int zeroes_context(int number, const struct sigaction *action, struct sigaction *old)
{
    struct sigaction changed = *action;

    real_handler = action->sa_sigaction;
    changed.sa_sigaction = with_zeros;
    return sigaction(number, &changed, old);
}

static int never_restarts(int number, const struct sigaction *action, struct sigaction *old)
{
    struct sigaction changed = *action;

    changed.sa_flags &= ~SA_RESTART;
    return sigaction(number, &changed, old);
}

static void *(*real_start)(void *);

static void *start_unblocked(void *arg)
{
    sigset_t none;

    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    return real_start(arg);
}

static int clears_mask(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    real_start = start;
    return pthread_create(thread, attr, start_unblocked, arg);
}

static int without_guard(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    pthread_attr_t changed;

    (void)attr;
    pthread_attr_init(&changed);
    pthread_attr_setguardsize(&changed, 0);
    return pthread_create(thread, &changed, start, arg);
}

static int tells_256_kib(const pthread_attr_t *attr, size_t *size)
{
    (void)attr;
    *size = 256 << 10;
    return 0;
}

static int starts_too_low(const pthread_attr_t *attr, void **lo, size_t *size)
{
    int error = pthread_attr_getstack(attr, lo, size);

    *lo = (char *)*lo - 4096;
    *size += 4096;
    return error;
}

static void jumps_with_2(jmp_buf back, int value)
{
    (void)value;
    longjmp(back, 2);
}

static int keeps_mask(ucontext_t *from, ucontext_t *to)
{
    sigprocmask(SIG_BLOCK, NULL, &to->uc_sigmask);
    return swapcontext(from, to);
}

static int loses_registers(ucontext_t *from, ucontext_t *to)
{
    int result = swapcontext(from, to);

#ifdef __x86_64__
    /* The compiler does not know which registers change, so the caller finds wrong values. */
    __asm__ volatile("xor %ebx, %ebx\n xor %r12d, %r12d\n xor %r13d, %r13d\n xor %r14d, %r14d\n xor %r15d, %r15d");
#endif
    return result;
}

static void passes_six(ucontext_t *context, void (*function)(void), int count, int a, int b, int c, ...)
{
    va_list rest;
    int d, e, f;

    (void)count;
    va_start(rest, c);
    d = va_arg(rest, int);
    e = va_arg(rest, int);
    f = va_arg(rest, int);
    va_end(rest);
    makecontext(context, function, 9, a, b, c, d, e, f, 0, 0, 0);
}

STUB(raise, 1, "raise signals the process", raise, kills_process)
STUB(raise, 2, "sigpending does nothing", sigpending, returns_0)
STUB(tgkill, 1, "tgkill signals the process", tgkill, kills_whole_process)
STUB(tgkill, 2, "tgkill ignores the thread's ID", tgkill, ignores_thread)
STUB(signalfd, 1, "signalfd returns no signal", signalfd, without_mask)
STUB(signalfd, 2, "signalfd returns all signals", signalfd, takes_all_signals)
STUB(sigqueue, 1, "sigqueue sends no value", sigqueue, sends_no_value)
STUB(sigsuspend, 1, "sigsuspend does not wait", sigsuspend, is_interrupted)
STUB(siginfo, 1, "the handler gets a siginfo_t of zeros", sigaction, zeroes_context)
STUB(context_registers, 1, "the handler gets a ucontext_t of zeros", sigaction, zeroes_context)
STUB(restart, 1, "sigaction ignores SA_RESTART", sigaction, never_restarts)
STUB(semaphore_in_handler, 1, "sem_wait does not wait", sem_wait, returns_0)
STUB(semaphore_in_handler, 2, "sem_init does nothing", sem_init, returns_0)
STUB(mask_of_thread, 1, "a new thread blocks no signal", pthread_create, clears_mask)
STUB(signals, 1, "pthread_sigmask does nothing", pthread_sigmask, returns_0)
STUB(signal_mask, 1, "sigprocmask does nothing", sigprocmask, returns_0)
STUB(altstack, 1, "sigaltstack does nothing", sigaltstack, returns_0)
STUB(altstack, 2, "sigprocmask does nothing", sigprocmask, returns_0)
STUB(altstack_disable, 1, "sigaltstack does nothing", sigaltstack, returns_0)
STUB(altstack_disable, 2, "sigaltstack ignores SS_DISABLE", sigaltstack, never_disables)
STUB(altstack_minimum, 1, "sigaltstack does nothing", sigaltstack, returns_0)
STUB(altstack_of_thread, 1, "sigaltstack does nothing", sigaltstack, returns_0)

STUB(main_bounds, 1, "pthread_attr_getstack does nothing", pthread_attr_getstack, returns_0)
STUB(thread_bounds, 1, "pthread_attr_getstack does nothing", pthread_attr_getstack, returns_0)
STUB(bounds_touched, 1, "the bounds contain the guard page", pthread_attr_getstack, starts_too_low)
STUB(guard_page, 1, "threads have no guard page", pthread_create, without_guard)
STUB(guard_size, 1, "pthread_attr_setguardsize does nothing", pthread_attr_setguardsize, returns_0)
STUB(guard_size, 2, "the guard is too small", pthread_create, without_guard)
STUB(guard_size, 2, "the guard is too small", pthread_attr_getguardsize, tells_256_kib)
STUB(stack_size, 1, "pthread_attr_setstacksize does nothing", pthread_attr_setstacksize, returns_0)
STUB(static_tls, 1, "pthread_create fails with ENOSYS", pthread_create, returns_enosys)
STUB(setjmp, 1, "longjmp makes setjmp return 2", longjmp, jumps_with_2)
STUB(setjmp, 2, "longjmp exits the process", longjmp, exits)
STUB(ucontext, 1, "swapcontext returns at once", swapcontext, returns_0)
STUB(ucontext, 2, "swapcontext never returns", swapcontext, exits)
STUB(ucontext_mask, 1, "swapcontext keeps the signal mask", swapcontext, keeps_mask)
STUB(ucontext_registers, 1, "swapcontext loses registers", swapcontext, loses_registers)
STUB(ucontext_registers, 2, "swapcontext returns at once", swapcontext, returns_0)
STUB(ucontext_arguments, 1, "makecontext passes six arguments", makecontext, passes_six)
STUB(assembly, 1, "the process exits before main", __libc_start_main, exits)
