/*
 * Checks that a signal can be delivered on an alternate stack of each size that the system
 * advertises.
 */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include "../../child.h"

#include <signal.h>
#include <sys/mman.h>

static void handler(int number)
{
    (void)number;
}

/*
 * Handles one signal on an alternate stack of `size` bytes. The page directly below the stack is
 * inaccessible. Returns the status with which the child process exits.
 */
static int take_signal(size_t size, size_t page)
{
    const size_t room = (size / page + 2) * page;
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    char *memory = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    stack_t set = {.ss_sp = memory + page, .ss_size = size};

    if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) == -1) {
        return 3;
    }
    if (sigaltstack(&set, NULL) == -1) {
        return 4;
    }
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, NULL) == -1) {
        return 3;
    }
    raise(SIGUSR1);
    return 0;
}

static int check(const char *name, long size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    pid_t child;
    int end;

    if (size <= 0) {
        return 0; /* The system does not report this size. */
    }
    child = fork();
    if (child == -1) {
        return errno;
    }
    if (child == 0) {
        alarm(CSRC_CHILD_SECONDS);
        signal(SIGSEGV, SIG_DFL);
        _exit(take_signal((size_t)size, page));
    }
    end = csrc_end_of(child);
    if (end == 0) {
        return 0;
    }
    if (end == 4) {
        return csrc_wrong("sigaltstack refuses an alternate stack of %ld bytes (%s)", size, name);
    }
    return csrc_wrong("an alternate stack of %ld bytes (%s) is too small: a signal killed the process (%d)", size, name,
                      end);
}

int csrc_altstack_min_size(void)
{
    int error = 0;

#ifdef _SC_MINSIGSTKSZ
    error = check("sysconf(_SC_MINSIGSTKSZ)", sysconf(_SC_MINSIGSTKSZ));
#else
    error = check("MINSIGSTKSZ", (long)MINSIGSTKSZ);
#endif
#ifdef _SC_SIGSTKSZ
    if (error == 0) {
        error = check("sysconf(_SC_SIGSTKSZ)", sysconf(_SC_SIGSTKSZ));
    }
#else
    if (error == 0) {
        error = check("SIGSTKSZ", (long)SIGSTKSZ);
    }
#endif
    return error;
}
#else
int csrc_altstack_min_size(void)
{
    return ENOTSUP;
}
#endif
