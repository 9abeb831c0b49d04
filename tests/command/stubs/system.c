/* Stubs of the probes in the other folders of csrc/probe. */
#include "stubs.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

static int misaligned(void **memory, size_t alignment, size_t size)
{
    (void)alignment;
    *memory = (char *)malloc(size + 8) + 8;
    return 0;
}

static void *maps_privately(void *address, size_t size, int access, int flags, int file, off_t offset)
{
    flags = flags & MAP_ANONYMOUS ? flags : (flags & ~MAP_TYPE) | MAP_PRIVATE;
    return mmap(address, size, access, flags, file, offset);
}

static int pipe_without_flags(int ends[2], int flags)
{
    (void)flags;
    return pipe(ends);
}

static long returns_enoent(void)
{
    return ENOENT;
}

static ssize_t relative_path(const char *link, char *path, size_t size)
{
    (void)link;
    (void)size;
    path[0] = '.';
    return 1;
}

static ssize_t fills_nothing(void *bytes, size_t size, unsigned flags)
{
    (void)bytes;
    (void)flags;
    return (ssize_t)size;
}

static int entropy_of_zeros(void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return 0;
}

static FILE *opens_empty_file(const char *path, const char *mode)
{
    (void)path;
    return fopen("/dev/null", mode);
}

static int mode;

static int remembers_mode(int new_mode)
{
    mode = new_mode;
    return 0;
}

static int remembered_mode(void)
{
    return mode;
}

static int opens_null(pid_t process, unsigned flags)
{
    (void)process;
    (void)flags;
    return open("/dev/null", O_RDONLY);
}

static int closes_all(unsigned first, unsigned last, int flags)
{
    (void)last;
    return close_range(first, ~0U, flags);
}

static int signals_process(clockid_t clock, struct sigevent *event, timer_t *timer)
{
    event->sigev_notify = SIGEV_SIGNAL;
    return timer_create(clock, event, timer);
}

static int waits_for_nothing(const sigset_t *mask, int *number)
{
    (void)mask;
    *number = SIGUSR1;
    return 0;
}

static int without_constructors(int (*function)(int, char **, char **), int argc, char **argv)
{
    exit(function(argc, argv, environ));
}

static int without_destructors(int (*function)(int, char **, char **), int argc, char **argv)
{
    _exit(function(argc, argv, environ));
}

static void *opens_program(const char *path, int flags)
{
    (void)path;
    return dlopen(NULL, flags);
}

STUB(aligned_memory, 1, "posix_memalign ignores the alignment", posix_memalign, misaligned)
STUB(aligned_memory, 2, "posix_memalign does nothing", posix_memalign, returns_0)
STUB(madvise, 1, "madvise does nothing", madvise, returns_0)
STUB(memfd, 1, "mmap ignores MAP_SHARED", mmap, maps_privately)
STUB(memory_protection, 1, "mprotect does nothing", mprotect, returns_0)
STUB(reserve, 1, "mprotect does nothing", mprotect, returns_0)
STUB(reserve, 2, "munmap does nothing", munmap, returns_0)

STUB(abort, 1, "abort exits with status 0", abort, exits)
STUB(abort, 2, "sigprocmask does nothing", sigprocmask, returns_0)
STUB(abort_handler, 1, "abort exits with status 0", abort, exits)
STUB(atexit, 1, "atexit registers nothing", __cxa_atexit, returns_0)
STUB(fork, 1, "fork creates no process", fork, returns_0)
STUB(fork_with_thread, 1, "fork creates no process", fork, returns_0)
STUB(fork_handlers, 1, "pthread_atfork registers nothing", __register_atfork, returns_0)
STUB(fork_order, 1, "pthread_atfork registers nothing", __register_atfork, returns_0)
STUB(fork_without_handlers, 1, "_Fork is fork", _Fork, fork)
STUB(vfork, 1, "vfork creates no process", vfork, returns_0)
STUB(vfork, 2, "vfork fails", vfork, returns_minus_1)
STUB(close_range, 1, "close_range does nothing", close_range, returns_0)
STUB(close_range, 2, "close_range closes all higher file descriptors", close_range, closes_all)
STUB(pidfd, 1, "pidfd_open opens /dev/null", pidfd_open, opens_null)
STUB(pipe2, 1, "pipe2 ignores its flags", pipe2, pipe_without_flags)
STUB(posix_spawn, 1, "posix_spawn always fails with ENOENT", posix_spawn, returns_enoent)
STUB(posix_spawn, 2, "posix_spawn starts nothing", posix_spawn, returns_0)
STUB(quick_exit, 1, "at_quick_exit registers nothing", __cxa_at_quick_exit, returns_0)
STUB(self_path, 1, "readlink returns a relative path", readlink, relative_path)
STUB(spawn_actions, 1, "the dup2 action does nothing", posix_spawn_file_actions_adddup2, returns_0)
STUB(spawn_actions, 2, "the attributes have no effect", posix_spawnattr_setflags, returns_0)
STUB(spawn_actions, 3, "posix_spawn always fails with ENOENT", posix_spawn, returns_enoent)
STUB(spawn_actions, 4, "the open action does nothing", posix_spawn_file_actions_addopen, returns_0)
STUB(spawn_actions, 5, "the close action does nothing", posix_spawn_file_actions_addclose, returns_0)
STUB(spawn_actions, 6, "posix_spawnattr_setsigmask does nothing", posix_spawnattr_setsigmask, returns_0)
STUB(spawn_directory, 1, "the directory has no effect", posix_spawn_file_actions_addchdir_np, returns_0)

struct early {
    _Unwind_Trace_Fn call;
    void *arg;
    int count; /* Number of visited frames, including the frame of stops_early. */
};

static _Unwind_Reason_Code visit_early(struct _Unwind_Context *context, void *arg)
{
    struct early *early = arg;

    early->count++;
    if (early->count > 1) {
        early->call(context, early->arg);
    }
    return early->count > 2 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static _Unwind_Reason_Code stops_early(_Unwind_Trace_Fn call, void *arg)
{
    struct early early = {call, arg, 0};

    return _Unwind_Backtrace(visit_early, &early);
}

STUB(affinity, 1, "sched_getaffinity does nothing", sched_getaffinity, returns_0)
STUB(errno, 1, "a failed read returns 0", read, returns_0)
STUB(eventfd, 1, "eventfd fails", eventfd, returns_minus_1)
STUB(eventfd, 2, "poll reports nothing", poll, returns_0)
STUB(eventfd, 3, "eventfd returns standard input", eventfd, returns_0)
STUB(getauxval, 1, "getauxval returns 0", getauxval, returns_0)
STUB(getrandom, 1, "getrandom fills nothing", getrandom, fills_nothing)
STUB(getentropy, 1, "getentropy fills nothing", getentropy, entropy_of_zeros)
STUB(gettid, 1, "gettid returns 1", gettid, returns_1)
STUB(processors, 1, "sysconf fails", sysconf, returns_minus_1)
STUB(rounding, 1, "fesetround does nothing", fesetround, returns_0)
STUB(rounding, 2, "fesetround only remembers the mode", fesetround, remembers_mode)
STUB(rounding, 2, "fesetround only remembers the mode", fegetround, remembered_mode)
STUB(self_maps, 1, "/proc/self/maps is empty", fopen, opens_empty_file)
STUB(syscall, 1, "syscall does nothing", syscall, returns_0)

STUB(constructor, 1, "constructors do not run", __libc_start_main, without_constructors)
STUB(constructor_early, 1, "constructors do not run", __libc_start_main, without_constructors)
STUB(init_array_arguments, 1, "constructors do not run", __libc_start_main, without_constructors)
STUB(destructor, 1, "destructors do not run", __libc_start_main, without_destructors)
STUB(cxa_atexit, 1, "__cxa_atexit registers nothing", __cxa_atexit, returns_0)
STUB(dl_find_object, 1, "_dl_find_object finds nothing and returns 0", _dl_find_object, returns_0)
STUB(dl_iterate_phdr, 1, "dl_iterate_phdr calls nothing and returns 1", dl_iterate_phdr, returns_1)
STUB(dladdr, 1, "dladdr finds nothing and returns 1", dladdr, returns_1)
STUB(dlopen, 1, "dlopen fails", dlopen, returns_0)
STUB(dlopen, 2, "dlsym finds every symbol", dlsym, returns_1)
STUB(shared_object, 1, "dlopen returns the program itself", dlopen, opens_program)
STUB(stack_protector, 1, "__stack_chk_fail returns", __stack_chk_fail, returns_0)
STUB(weak_symbol, 1, "an undefined weak symbol has an address", testprog_no_such_function, returns_0)

STUB(backtrace, 1, "backtrace finds nothing and returns 1", backtrace, returns_1)
STUB(unwind, 1, "_Unwind_Backtrace does nothing", _Unwind_Backtrace, returns_0)
STUB(unwind, 2, "_Unwind_Backtrace stops after two frames", _Unwind_Backtrace, stops_early)
STUB(unwind_qsort, 1, "_Unwind_Backtrace does nothing", _Unwind_Backtrace, returns_0)
STUB(unwind_qsort, 2, "qsort does nothing", qsort, returns_0)
STUB(unwind_qsort, 3, "_Unwind_Backtrace stops after two frames", _Unwind_Backtrace, stops_early)
STUB(unwind_signal, 1, "_Unwind_Backtrace does nothing", _Unwind_Backtrace, returns_0)
STUB(unwind_signal, 2, "_Unwind_Backtrace stops after two frames", _Unwind_Backtrace, stops_early)
STUB(unwind_thread, 1, "_Unwind_Backtrace does nothing", _Unwind_Backtrace, returns_0)
STUB(unwind_thread, 2, "_Unwind_Backtrace stops after two frames", _Unwind_Backtrace, stops_early)
STUB(forced_unwind, 1, "_Unwind_ForcedUnwind does nothing", _Unwind_ForcedUnwind, returns_0)

STUB(clock, 1, "clock_nanosleep does not sleep", clock_nanosleep, returns_0)
STUB(timer, 1, "sigwait does not wait", sigwait, waits_for_nothing)
STUB(timer_thread, 1, "the timer signals the process", timer_create, signals_process)
