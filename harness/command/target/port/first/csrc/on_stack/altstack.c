/*
 * Switches stacks with sigaltstack, sigsetjmp and siglongjmp, which every POSIX system has.
 *
 * 1. The thread makes the new stack its alternate signal stack and raises a signal.
 *
 * 2. The signal handler, on the new stack, saves its registers with sigsetjmp and returns.
 *
 * 3. The thread calls siglongjmp with the saved registers, and then runs on the new stack, outside
 *    of any signal handler.
 *
 * Engelschall describes this method of switching stacks in "Portable Multithreading" (USENIX 2000).
 */
#define _XOPEN_SOURCE 700
#include "../testprog.h"
#include "sanitizer.h"

#include <errno.h>

#if HAVE_ALTSTACK
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

struct jump {
    sigjmp_buf here;
    sigjmp_buf there;
    void (*body)(void *);
    void *arg;
    struct left_stack left;
};

static _Thread_local struct jump *next;

/*
 * Runs the caller's function `body` on the new stack, then jumps back to the old stack. The handler
 * calls `enter` through a volatile pointer, so the compiler cannot inline `enter` and keep the
 * variables of `enter` in the handler's frame.
 */
static void enter(void)
{
    struct jump *jump = next;

    arrive_from(&jump->left);
    jump->body(jump->arg);
    go_back_to(&jump->left);
    siglongjmp(jump->here, 1);
}

static void (*volatile enter_from_handler)(void) = enter;

static void handler(int signal)
{
    (void)signal;
    if (sigsetjmp(next->there, 0) != 0) {
        enter_from_handler();
    }
}

/*
 * Runs the handler of SIGUSR2 once on `stack`, then restores the old action of SIGUSR2 and the old
 * alternate signal stack.
 */
static int run_handler(void *stack, size_t size)
{
    struct sigaction action = {0};
    struct sigaction old_action;
    stack_t alternate = {0};
    stack_t old_alternate;
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;
    sigfillset(&action.sa_mask);
    alternate.ss_sp = stack;
    alternate.ss_size = size;
    if (sigaltstack(&alternate, &old_alternate) == -1 || sigaction(SIGUSR2, &action, &old_action) == -1) {
        return errno;
    }
    pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
    /*
     * According to POSIX, raise sends the signal to the calling thread, and the handler runs before
     * raise returns.
     */
    raise(SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &mask, NULL);
    sigaction(SIGUSR2, &old_action, NULL);
    if ((old_alternate.ss_flags & SS_DISABLE) != 0) {
        old_alternate.ss_size = SIGSTKSZ; /* macOS checks ss_size even if SS_DISABLE is set. */
    }
    return sigaltstack(&old_alternate, NULL) == -1 ? errno : 0;
}

/*
 * Saves registers with a stack pointer on `stack` in `next->there`, so that siglongjmp can switch
 * to `stack`.
 *
 * A mutex lets only one thread at a time run the handler, because the action of SIGUSR2 belongs to
 * the whole process. The function blocks all signals while `stack` is the alternate signal stack,
 * because another handler would overwrite the frame that `next->there` points to.
 */
static int mark(void *stack, size_t size)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    sigset_t all;
    sigset_t old_mask;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old_mask);
    pthread_mutex_lock(&one_at_a_time);
    error = run_handler(stack, size);
    pthread_mutex_unlock(&one_at_a_time);
    pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
    return error;
}

int csrc_on_stack_altstack(void *stack, size_t size, void (*body)(void *), void *arg)
{
    struct jump jump;
    /* volatile keeps the values of `outer` and `error` valid after the jump back to sigsetjmp. */
    struct jump *volatile outer = next;
    volatile int error;

    jump.body = body;
    jump.arg = arg;
    next = &jump;
    error = mark(stack, size);
    if (error == 0) {
        if (sigsetjmp(jump.here, 0) == 0) {
            leave_for(&jump.left, stack, size);
            siglongjmp(jump.there, 1);
        }
        be_back_on(&jump.left);
    }
    next = outer;
    return error;
}
#else
int csrc_on_stack_altstack(void *stack, size_t size, void (*body)(void *), void *arg)
{
    (void)stack;
    (void)size;
    (void)body;
    (void)arg;
    return ENOTSUP;
}
#endif
