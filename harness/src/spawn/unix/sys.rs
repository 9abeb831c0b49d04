//! Wraps the system calls that all Unix systems use to run a child: resource limits, waiting for
//! descriptors, and exit statuses.
#![expect(unsafe_code, reason = "calls poll and setrlimit")]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::time::Duration;

use super::core_file;
use crate::limit::Limit;
use crate::signal::Signal;
use crate::spawn::error::Error;
use crate::spawn::options::Options;
use crate::spawn::outcome::End;
use crate::spawn::scratch::Scratch;

/// Returns the resource limits of a child, as pairs of arguments for setrlimit(2).
pub(super) fn limits(options: &Options) -> Vec<(Resource, libc::rlim_t)> {
    // The default limit turns core files off, because many scenarios crash on purpose.
    const LARGEST: u64 = u64::MAX >> 1; // `rlim_t` is a signed type on some systems
    let asked = options.core_file.map(|size| size.min(LARGEST) as libc::rlim_t);
    let core = asked.unwrap_or_else(core_file::off);
    let mut limits = vec![(libc::RLIMIT_CORE, core.min(core_file::hard_limit()))];
    for (limit, amount) in &options.limits {
        let resource = match limit {
            Limit::AddressSpace => ADDRESS_SPACE,
            Limit::Core => libc::RLIMIT_CORE,
            Limit::CpuTime => libc::RLIMIT_CPU,
            Limit::FileSize => libc::RLIMIT_FSIZE,
            Limit::OpenFiles => libc::RLIMIT_NOFILE,
            Limit::Processes => PROCESSES,
            Limit::Stack => libc::RLIMIT_STACK,
        };
        limits.retain(|(known, _)| *known != resource);
        limits.push((resource, *amount as libc::rlim_t));
    }
    limits
}

/// Type of the first argument of setrlimit(2), which differs between C libraries.
#[cfg(any(target_env = "gnu", target_env = "uclibc"))]
pub(super) type Resource = libc::__rlimit_resource_t;
#[cfg(not(any(target_env = "gnu", target_env = "uclibc")))]
pub(super) type Resource = libc::c_int;

#[cfg(not(any(target_os = "openbsd", target_os = "illumos", target_os = "solaris")))]
const ADDRESS_SPACE: Resource = libc::RLIMIT_AS;
/// On OpenBSD, illumos and Solaris, the runner limits the data segment instead of the address
/// space. OpenBSD has no limit on the address space.
#[cfg(any(target_os = "openbsd", target_os = "illumos", target_os = "solaris"))]
const ADDRESS_SPACE: Resource = libc::RLIMIT_DATA;

#[cfg(not(any(target_os = "illumos", target_os = "solaris")))]
const PROCESSES: Resource = libc::RLIMIT_NPROC;
/// On illumos and Solaris, the runner limits open files instead of processes, because these systems
/// have no limit on processes. A limit on open files also stops a fork bomb.
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
const PROCESSES: Resource = libc::RLIMIT_NOFILE;

/// Sets a resource limit of this process. A program that this process executes inherits the limit.
/// Returns true on success.
pub(super) fn set_limit(resource: Resource, amount: libc::rlim_t) -> bool {
    let limit = libc::rlimit { rlim_cur: amount, rlim_max: amount };
    // SAFETY: `limit` is an initialized `rlimit`, which `setrlimit` only reads.
    unsafe { libc::setrlimit(resource, &raw const limit) == 0 }
}

/// Wait status and resource usage of a child that has ended, the child's directory, and errors of
/// the cleanup.
pub(super) struct Finished {
    pub(super) status: libc::c_int,
    pub(super) usage: libc::rusage,
    /// Error of the removal of the child's directory, if the removal failed.
    pub(super) not_removed: Option<Error>,
    /// Reason why a process that the child started may still be running.
    pub(super) not_killed: Option<Error>,
    /// Directory of the child, if the caller keeps directories and this directory is not empty.
    pub(super) left: Option<Scratch>,
}

/// Reason why a child did not start.
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android")),
    expect(dead_code, reason = "on systems without a supervisor, `start` returns the error")
)]
pub(super) enum NotStarted {
    /// A file with the path that the runner chose for the child's directory already existed.
    NameInUse,
    /// The system refused to execute the program, in the child's directory and under its limits.
    Refused(Error),
    Failed(Error),
}

/// Waits until one of the descriptors is readable or closed, but no longer than `limit`. Returns
/// true for each descriptor that is ready.
pub(super) fn wait<const N: usize>(
    fds: [Option<BorrowedFd<'_>>; N],
    limit: Duration,
) -> io::Result<[bool; N]> {
    const IGNORED: i32 = -1; // poll(2) ignores a negative descriptor
    let mut polled = fds.map(|fd| libc::pollfd {
        fd: fd.map_or(IGNORED, |fd| fd.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    // The timeout of `poll` is rounded up to milliseconds, so `limit` is over when `poll` times
    // out.
    let millis = i32::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
    // SAFETY: `polled` is an array of N valid `pollfd`s.
    let result = unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, millis) };
    if result == -1 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok(polled.map(|fd| fd.revents != 0))
}

pub(super) fn end(status: libc::c_int) -> End {
    if libc::WIFSIGNALED(status) {
        let signal = signal(libc::WTERMSIG(status));
        End::Signaled { signal, core: libc::WCOREDUMP(status) }
    } else {
        End::Exited(libc::WEXITSTATUS(status))
    }
}

/// Returns the signal with this number on this system.
pub(in crate::spawn) fn signal(number: i32) -> Signal {
    match number {
        libc::SIGABRT => Signal::Abrt,
        libc::SIGALRM => Signal::Alrm,
        libc::SIGBUS => Signal::Bus,
        libc::SIGCHLD => Signal::Chld,
        libc::SIGCONT => Signal::Cont,
        libc::SIGFPE => Signal::Fpe,
        libc::SIGHUP => Signal::Hup,
        libc::SIGILL => Signal::Ill,
        libc::SIGINT => Signal::Int,
        libc::SIGIO => Signal::Io,
        libc::SIGKILL => Signal::Kill,
        libc::SIGPIPE => Signal::Pipe,
        libc::SIGPROF => Signal::Prof,
        libc::SIGQUIT => Signal::Quit,
        libc::SIGSEGV => Signal::Segv,
        libc::SIGSTOP => Signal::Stop,
        libc::SIGSYS => Signal::Sys,
        libc::SIGTERM => Signal::Term,
        libc::SIGTRAP => Signal::Trap,
        libc::SIGTSTP => Signal::Tstp,
        libc::SIGTTIN => Signal::Ttin,
        libc::SIGTTOU => Signal::Ttou,
        libc::SIGURG => Signal::Urg,
        libc::SIGUSR1 => Signal::Usr1,
        libc::SIGUSR2 => Signal::Usr2,
        libc::SIGVTALRM => Signal::Vtalrm,
        libc::SIGWINCH => Signal::Winch,
        libc::SIGXCPU => Signal::Xcpu,
        libc::SIGXFSZ => Signal::Xfsz,
        other => linux_signal(other),
    }
}

/// Returns SIGPWR or SIGSTKFLT, which only Linux has, or a signal without a name. Some
/// architectures have no SIGSTKFLT.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn linux_signal(number: i32) -> Signal {
    match number {
        libc::SIGPWR => Signal::Pwr,
        #[cfg(not(any(target_arch = "mips", target_arch = "mips64", target_arch = "sparc64")))]
        libc::SIGSTKFLT => Signal::Stkflt,
        other => Signal::Number(other),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn linux_signal(number: i32) -> Signal {
    Signal::Number(number)
}

pub(super) fn duration(time: libc::timeval) -> Duration {
    let seconds = Duration::from_secs(time.tv_sec.try_into().unwrap_or_default());
    seconds + Duration::from_micros(time.tv_usec.try_into().unwrap_or_default())
}

/// Returns the largest resident set in bytes. `ru_maxrss` counts bytes on Apple systems and KiB on
/// Linux and the BSDs (getrusage(2)).
pub(super) fn max_rss(usage: &libc::rusage) -> u64 {
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    u64::try_from(usage.ru_maxrss).unwrap_or_default() * unit
}
