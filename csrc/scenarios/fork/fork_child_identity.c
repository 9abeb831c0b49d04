/* Checks that a child of fork knows its own process, its own thread and its signals. */
#define _GNU_SOURCE /* for syscall */
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <pthread.h>
#include <signal.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

enum fault {
    NONE,
    STALE_PID,
    STALE_PARENT,
    STALE_TID,
    OTHER_SELF,
    NO_LOCAL,
    NO_VALUE,
    LOST_RAISE,
    LOST_KILL,
    PENDING,
};

static const char *const faults[] = {
    [STALE_PID] = "getpid returns the parent's process ID",
    [STALE_PARENT] = "getppid does not return the parent's process ID",
    [STALE_TID] = "the thread ID of the only thread is not the process ID",
    [OTHER_SELF] = "pthread_self is not the thread that called fork",
    [NO_LOCAL] = "a thread-local variable has lost its value",
    [NO_VALUE] = "a pthread key has lost its value",
    [LOST_RAISE] = "raise did not run the handler",
    [LOST_KILL] = "pthread_kill of the calling thread did not run the handler",
    [PENDING] = "a signal that was pending in the parent is pending in the child",
};

static _Thread_local volatile int local;
static volatile sig_atomic_t handled;

static void handler(int number)
{
    (void)number;
    handled++;
}

static enum fault check(pid_t parent, pthread_t self, pthread_key_t key)
{
    sigset_t pending;

    if (getpid() == parent) {
        return STALE_PID;
    }
    if (getppid() != parent) {
        return STALE_PARENT;
    }
#ifdef __linux__
    if (syscall(SYS_gettid) != getpid()) {
        return STALE_TID;
    }
#endif
    if (!pthread_equal(pthread_self(), self)) {
        return OTHER_SELF;
    }
    if (local != 42) {
        return NO_LOCAL;
    }
    if (pthread_getspecific(key) != &local) {
        return NO_VALUE;
    }
    sigpending(&pending);
    if (sigismember(&pending, SIGUSR2)) {
        return PENDING;
    }
    raise(SIGUSR1);
    if (handled != 1) {
        return LOST_RAISE;
    }
    pthread_kill(pthread_self(), SIGUSR1);
    return handled == 2 ? NONE : LOST_KILL;
}

static int fork_and_check(pthread_key_t key)
{
    const pid_t parent = getpid();
    const pthread_t self = pthread_self();
    pid_t child;
    int end;
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    raise(SIGUSR2);
    child = fork();
    if (child == -1) {
        return errno;
    }
    if (child == 0) {
        alarm(CSRC_CHILD_SECONDS);
        _exit((int)check(parent, self, key));
    }
    end = csrc_end_of(child);
    if (end == NONE) {
        return 0;
    }
    return end > NONE && end <= PENDING ? csrc_wrong("in a child of fork, %s", faults[end])
                                        : csrc_wrong("a child of fork ended with status %d", end);
}

static void on_thread(void *arg)
{
    int *error = arg;
    pthread_key_t key;

    local = 42;
    *error = pthread_key_create(&key, NULL);
    if (*error == 0) {
        *error = pthread_setspecific(key, (const void *)&local);
    }
    if (*error == 0) {
        *error = fork_and_check(key);
    }
}

int csrc_fork_child_identity(void)
{
    struct sigaction action = {.sa_handler = handler};
    int result = 0;
    int error;

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, NULL) == -1 || sigaction(SIGUSR2, &action, NULL) == -1) {
        return errno;
    }
    error = csrc_thread(on_thread, &result);
    return error != 0 ? error : result;
}
#else
int csrc_fork_child_identity(void)
{
    return ENOTSUP;
}
#endif
