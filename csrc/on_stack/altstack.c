/*
 * To another stack with what every POSIX system has: a signal handler runs on it as the alternate signal stack, saves its
 * registers with sigsetjmp and returns; a later siglongjmp to them is on that stack, and no signal is being handled any
 * more. Ralf S. Engelschall, "Portable Multithreading", USENIX 2000.
 */
#define _XOPEN_SOURCE 700
#include "../testprog.h"

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
};

static _Thread_local struct jump *next;

/* A function of its own, called through a pointer that the compiler cannot see through, so that nothing of it is kept in
   the frame of the handler. */
static void enter(void)
{
    struct jump *jump = next;

    jump->body(jump->arg);
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

/* Lets the handler run once on `stack`, and leaves everything else as it was. */
static int mark(void *stack, size_t size)
{
    struct sigaction action = {0};
    struct sigaction old_action;
    stack_t alternate = {0};
    stack_t old_alternate;
    sigset_t mask;
    sigset_t old_mask;

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
    pthread_sigmask(SIG_UNBLOCK, &mask, &old_mask);
    raise(SIGUSR2); /* to this thread; POSIX: handled before raise returns */
    pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
    sigaction(SIGUSR2, &old_action, NULL);
    if ((old_alternate.ss_flags & SS_DISABLE) != 0) {
        old_alternate.ss_size = SIGSTKSZ; /* macOS checks the size even with SS_DISABLE */
    }
    return sigaltstack(&old_alternate, NULL) == -1 ? errno : 0;
}

int csrc_on_stack_altstack(void *stack, size_t size, void (*body)(void *), void *arg)
{
    struct jump jump;
    /* volatile: they live across sigsetjmp */
    struct jump *volatile outer = next;
    volatile int error;

    jump.body = body;
    jump.arg = arg;
    next = &jump;
    error = mark(stack, size);
    if (error == 0 && sigsetjmp(jump.here, 0) == 0) {
        siglongjmp(jump.there, 1);
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
