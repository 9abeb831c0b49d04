//! Lists the system calls of a run, and the faults that a test can inject into each system call.

use libc::{c_int, c_long};

/// Fault that a test injects into a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The system call fails with this `errno` value.
    Error(c_int),
    /// The system call and all later system calls with the same number fail with this `errno`
    /// value, as writes to a full disk do.
    Lasting(c_int),
    /// The system call transfers only some of the bytes.
    Short,
    /// The system call brk(2) does not extend the heap, and returns the old end of the heap.
    NoMemory,
    /// The system call and all later system calls that ask for memory fail, so every allocation
    /// fails as soon as the allocator has no memory left.
    OutOfMemory,
}

/// A system call: its number, its name, its errors, and other faults that a test can inject.
///
/// The errors are from the system call's manual page. The errors EBADF, EFAULT and EINVAL are left
/// out where the kernel returns them only for a wrong argument. ENOSYS is among the errors of newer
/// system calls, because older kernels return ENOSYS.
pub(crate) type Call = (c_long, &'static str, &'static [c_int], &'static [Fault]);

const SHORT: &[Fault] = &[Fault::Short];

/// System calls that ask the kernel for memory.
pub(crate) const MEMORY: [c_long; 3] = [libc::SYS_brk, libc::SYS_mmap, libc::SYS_mremap];

/// Errors of open(2), which the system calls `open` and `openat` share.
const OPEN: &[c_int] = &[
    libc::EACCES,
    libc::EINTR,
    libc::EMFILE,
    libc::ENFILE,
    libc::ENOENT,
    libc::ENOMEM,
    libc::ENOSPC,
    libc::EROFS,
];

/// Errors of rename(2), which the system calls `rename` and `renameat` share.
const RENAME: &[c_int] =
    &[libc::EACCES, libc::EDQUOT, libc::ENOENT, libc::ENOMEM, libc::ENOSPC, libc::EROFS];

const CALLS: &[Call] = &[
    (libc::SYS_brk, "brk", &[], &[Fault::NoMemory, Fault::OutOfMemory]),
    (
        libc::SYS_chdir,
        "chdir",
        &[libc::EACCES, libc::EIO, libc::ELOOP, libc::ENOENT, libc::ENOMEM, libc::ENOTDIR],
        &[],
    ),
    (libc::SYS_clone, "clone", &[libc::EAGAIN, libc::ENOMEM, libc::EPERM], &[]),
    (libc::SYS_clone3, "clone3", &[libc::EAGAIN, libc::ENOMEM, libc::ENOSYS, libc::EPERM], &[]),
    (libc::SYS_close, "close", &[libc::EINTR, libc::EIO, libc::ENOSPC], &[]),
    (libc::SYS_close_range, "close_range", &[libc::EMFILE, libc::ENOMEM, libc::ENOSYS], &[]),
    (libc::SYS_dup2, "dup2", &[libc::EBUSY, libc::EINTR, libc::EMFILE], &[]),
    (libc::SYS_dup3, "dup3", &[libc::EBUSY, libc::EINTR, libc::EMFILE], &[]),
    (
        libc::SYS_eventfd2,
        "eventfd2",
        &[libc::EMFILE, libc::ENFILE, libc::ENODEV, libc::ENOMEM],
        &[],
    ),
    (
        libc::SYS_execve,
        "execve",
        &[
            libc::E2BIG,
            libc::EACCES,
            libc::EAGAIN,
            libc::EIO,
            libc::ELOOP,
            libc::EMFILE,
            libc::ENFILE,
            libc::ENOENT,
            libc::ENOEXEC,
            libc::ENOMEM,
            libc::EPERM,
            libc::ETXTBSY,
        ],
        &[],
    ),
    (libc::SYS_fchmodat, "fchmodat", &[libc::EIO, libc::EPERM, libc::EROFS], &[]),
    (libc::SYS_flistxattr, "flistxattr", &[libc::E2BIG, libc::ENOTSUP], &[]),
    (libc::SYS_fork, "fork", &[libc::EAGAIN, libc::ENOMEM], &[]),
    (libc::SYS_fstat, "fstat", &[libc::ENOMEM], &[]),
    (libc::SYS_ftruncate, "ftruncate", &[libc::EINTR, libc::EIO, libc::EPERM], &[]),
    (libc::SYS_futex, "futex", &[libc::EAGAIN, libc::EINTR], &[]),
    (libc::SYS_getcwd, "getcwd", &[libc::EACCES, libc::ENOENT, libc::ENOMEM], &[]),
    (libc::SYS_getdents64, "getdents64", &[libc::ENOENT], &[]),
    (libc::SYS_getrandom, "getrandom", &[libc::EINTR, libc::ENOSYS], &[]),
    (libc::SYS_ioctl, "ioctl", &[libc::ENOTTY, libc::EPERM], &[]),
    (libc::SYS_kill, "kill", &[libc::EPERM, libc::ESRCH], &[]),
    (libc::SYS_ioprio_get, "ioprio_get", &[libc::EPERM], &[]),
    (libc::SYS_lseek, "lseek", &[libc::ESPIPE], &[]),
    (libc::SYS_lstat, "lstat", &[libc::EACCES, libc::ENOENT, libc::ENOMEM], &[]),
    (libc::SYS_madvise, "madvise", &[libc::EAGAIN, libc::ENOMEM], &[]),
    (
        libc::SYS_mkdir,
        "mkdir",
        &[
            libc::EACCES,
            libc::EDQUOT,
            libc::EEXIST,
            libc::EMLINK,
            libc::ENOENT,
            libc::ENOMEM,
            libc::ENOSPC,
            libc::EPERM,
            libc::EROFS,
        ],
        &[],
    ),
    (libc::SYS_mmap, "mmap", &[libc::EAGAIN, libc::ENOMEM], &[Fault::OutOfMemory]),
    (libc::SYS_mprotect, "mprotect", &[libc::ENOMEM], &[]),
    (libc::SYS_mremap, "mremap", &[libc::EAGAIN, libc::ENOMEM], &[]),
    (libc::SYS_munmap, "munmap", &[libc::ENOMEM], &[]),
    (libc::SYS_newfstatat, "newfstatat", &[libc::EACCES, libc::ENOENT, libc::ENOMEM], &[]),
    (libc::SYS_open, "open", OPEN, &[]),
    (libc::SYS_openat, "openat", OPEN, &[]),
    (
        libc::SYS_pidfd_open,
        "pidfd_open",
        &[libc::EMFILE, libc::ENFILE, libc::ENODEV, libc::ENOMEM, libc::ENOSYS],
        &[],
    ),
    (libc::SYS_pidfd_send_signal, "pidfd_send_signal", &[libc::EPERM, libc::ENOSYS], &[]),
    (libc::SYS_pipe2, "pipe2", &[libc::EMFILE, libc::ENFILE], &[]),
    (libc::SYS_poll, "poll", &[libc::EINTR, libc::ENOMEM], &[]),
    (libc::SYS_ppoll, "ppoll", &[libc::EINTR, libc::ENOMEM], &[]),
    (libc::SYS_prctl, "prctl", &[libc::EINVAL, libc::EPERM], &[]),
    (libc::SYS_pread64, "pread64", &[libc::EINTR, libc::EIO], SHORT),
    (libc::SYS_prlimit64, "prlimit64", &[libc::EINVAL, libc::EPERM], &[]),
    (libc::SYS_read, "read", &[libc::EINTR, libc::EIO], SHORT),
    (libc::SYS_readlink, "readlink", &[libc::EACCES, libc::EIO, libc::ENOENT, libc::ENOMEM], &[]),
    (libc::SYS_readv, "readv", &[libc::EINTR, libc::EIO], SHORT),
    (libc::SYS_recvfrom, "recvfrom", &[libc::EINTR, libc::ENOMEM], SHORT),
    (libc::SYS_recvmsg, "recvmsg", &[libc::EINTR, libc::ENOMEM], SHORT),
    (libc::SYS_rename, "rename", RENAME, &[]),
    (libc::SYS_renameat, "renameat", RENAME, &[]),
    // The kernel resumes an interrupted poll(2) with the system call `restart_syscall`.
    (libc::SYS_restart_syscall, "restart_syscall", &[libc::EINTR], &[]),
    (
        libc::SYS_rmdir,
        "rmdir",
        &[libc::EACCES, libc::EBUSY, libc::ENOMEM, libc::ENOTEMPTY, libc::EPERM, libc::EROFS],
        &[],
    ),
    (libc::SYS_sched_getaffinity, "sched_getaffinity", &[libc::EPERM], &[]),
    (libc::SYS_sched_getattr, "sched_getattr", &[libc::E2BIG, libc::EPERM], &[]),
    (libc::SYS_setsockopt, "setsockopt", &[libc::ENOMEM], &[]),
    (
        libc::SYS_sendmsg,
        "sendmsg",
        &[
            libc::ECONNRESET,
            libc::EINTR,
            libc::EMSGSIZE,
            libc::ENOBUFS,
            libc::ENOMEM,
            libc::EPIPE,
            libc::ETOOMANYREFS,
        ],
        SHORT,
    ),
    (
        libc::SYS_sendto,
        "sendto",
        &[libc::ECONNRESET, libc::EINTR, libc::ENOBUFS, libc::ENOMEM, libc::EPIPE],
        SHORT,
    ),
    (libc::SYS_setpgid, "setpgid", &[libc::EACCES, libc::EPERM, libc::ESRCH], &[]),
    (libc::SYS_setpriority, "setpriority", &[libc::EACCES, libc::EPERM], &[]),
    (libc::SYS_setsid, "setsid", &[libc::EPERM], &[]),
    (libc::SYS_shutdown, "shutdown", &[libc::ENOTCONN], &[]),
    (libc::SYS_sigaltstack, "sigaltstack", &[libc::ENOMEM, libc::EPERM], &[]),
    (
        libc::SYS_signalfd4,
        "signalfd4",
        &[libc::EMFILE, libc::ENFILE, libc::ENODEV, libc::ENOMEM],
        &[],
    ),
    (libc::SYS_socketpair, "socketpair", &[libc::EMFILE, libc::ENFILE], &[]),
    (libc::SYS_stat, "stat", &[libc::EACCES, libc::ENOENT, libc::ENOMEM], &[]),
    (libc::SYS_statx, "statx", &[libc::EACCES, libc::ENOENT, libc::ENOMEM, libc::ENOSYS], &[]),
    (libc::SYS_symlinkat, "symlinkat", &[libc::EACCES, libc::EEXIST, libc::ENOSPC], &[]),
    (libc::SYS_unlink, "unlink", &[libc::EACCES, libc::EBUSY, libc::EIO, libc::EROFS], &[]),
    (libc::SYS_unlinkat, "unlinkat", &[libc::EACCES, libc::EBUSY, libc::EIO, libc::EROFS], &[]),
    (libc::SYS_wait4, "wait4", &[libc::ECHILD, libc::EINTR], &[]),
    (libc::SYS_waitid, "waitid", &[libc::ECHILD, libc::EINTR], &[]),
    (libc::SYS_write, "write", &[libc::EINTR, libc::EIO, libc::ENOSPC, libc::EPIPE], SHORT),
    (libc::SYS_writev, "writev", &[libc::EINTR, libc::EIO, libc::ENOSPC, libc::EPIPE], SHORT),
    // The following system calls never fail, or fail only for a wrong argument.
    (libc::SYS_arch_prctl, "arch_prctl", &[], &[]),
    (libc::SYS_clock_gettime, "clock_gettime", &[], &[]),
    (libc::SYS_clock_nanosleep, "clock_nanosleep", &[libc::EINTR], &[]),
    (libc::SYS_nanosleep, "nanosleep", &[libc::EINTR], &[]),
    (libc::SYS_exit, "exit", &[], &[]),
    (libc::SYS_exit_group, "exit_group", &[], &[]),
    (libc::SYS_fcntl, "fcntl", &[], &[]),
    (libc::SYS_getegid, "getegid", &[], &[]),
    (libc::SYS_geteuid, "geteuid", &[], &[]),
    (libc::SYS_getgid, "getgid", &[], &[]),
    (libc::SYS_getpgid, "getpgid", &[], &[]),
    (libc::SYS_getpid, "getpid", &[], &[]),
    (libc::SYS_getppid, "getppid", &[], &[]),
    (libc::SYS_getpriority, "getpriority", &[], &[]),
    (libc::SYS_getsid, "getsid", &[], &[]),
    (libc::SYS_gettid, "gettid", &[], &[]),
    (libc::SYS_getuid, "getuid", &[], &[]),
    (libc::SYS_rseq, "rseq", &[], &[]),
    (libc::SYS_rt_sigaction, "rt_sigaction", &[], &[]),
    (libc::SYS_rt_sigprocmask, "rt_sigprocmask", &[], &[]),
    (libc::SYS_rt_sigreturn, "rt_sigreturn", &[], &[]),
    (libc::SYS_sched_yield, "sched_yield", &[], &[]),
    (libc::SYS_set_robust_list, "set_robust_list", &[], &[]),
    (libc::SYS_set_tid_address, "set_tid_address", &[], &[]),
    (libc::SYS_umask, "umask", &[], &[]),
    (libc::SYS_uname, "uname", &[], &[]),
];

/// Returns the system call with the number `number`.
pub(crate) fn call(number: c_long) -> Option<&'static Call> {
    CALLS.iter().find(|(known, ..)| *known == number)
}

/// Returns the name of a system call.
pub(crate) fn name(number: c_long) -> String {
    call(number).map_or_else(|| format!("system call {number}"), |(_, name, ..)| (*name).to_owned())
}

/// Returns the faults that a test can inject into a system call.
pub(crate) fn faults(number: c_long) -> impl Iterator<Item = Fault> {
    let (_, _, errors, others) = call(number).unwrap_or(&(0, "", &[], &[]));
    let lasting = errors.iter().filter(move |error| lasts(number, **error));
    let lasting = lasting.map(|error| Fault::Lasting(*error));
    errors.iter().map(|error| Fault::Error(*error)).chain(lasting).chain(others.iter().copied())
}

/// Returns whether an error means that the system lacks a resource, so that repeated system calls
/// usually fail as well.
fn lasts(number: c_long, error: c_int) -> bool {
    const LACKS: [c_int; 7] = [
        libc::EDQUOT,
        libc::EMFILE,
        libc::ENFILE,
        libc::ENOBUFS,
        libc::ENOMEM,
        libc::ENOSPC,
        libc::EROFS,
    ];
    // If a system call that starts a process fails with EAGAIN, the limit on processes has been
    // reached.
    const STARTS: [c_long; 4] =
        [libc::SYS_clone, libc::SYS_clone3, libc::SYS_execve, libc::SYS_fork];
    LACKS.contains(&error) || (error == libc::EAGAIN && STARTS.contains(&number))
}
