//! What both ways to run a child on Unix need of the system: limits, waiting for descriptors, and how a process ended.
#![expect(unsafe_code, reason = "calls poll and setrlimit")]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::core_file;
use crate::limit::Limit;
use crate::scenario::Signal;
use crate::spawn::options::Options;
use crate::spawn::outcome::End;
use crate::spawn::scratch::Scratch;

/// What a child may use: the system's numbers for it, and how much.
pub(super) fn limits(options: &Options) -> Vec<(Resource, libc::rlim_t)> {
    // Many scenarios die on purpose, so there are no core files unless they are asked for.
    const LARGEST: u64 = u64::MAX >> 1; // `rlim_t` has a sign on some systems
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
        };
        limits.retain(|(known, _)| *known != resource);
        limits.push((resource, *amount as libc::rlim_t));
    }
    limits
}

/// The type of the first argument of setrlimit(2), which the C libraries do not agree about.
#[cfg(any(target_env = "gnu", target_env = "uclibc"))]
pub(super) type Resource = libc::__rlimit_resource_t;
#[cfg(not(any(target_env = "gnu", target_env = "uclibc")))]
pub(super) type Resource = libc::c_int;

#[cfg(not(any(target_os = "openbsd", target_os = "illumos", target_os = "solaris")))]
const ADDRESS_SPACE: Resource = libc::RLIMIT_AS;
/// The nearest thing there.
#[cfg(any(target_os = "openbsd", target_os = "illumos", target_os = "solaris"))]
const ADDRESS_SPACE: Resource = libc::RLIMIT_DATA;

#[cfg(not(any(target_os = "illumos", target_os = "solaris")))]
const PROCESSES: Resource = libc::RLIMIT_NPROC;
/// There is none there; descriptors end a fork bomb as well.
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
const PROCESSES: Resource = libc::RLIMIT_NOFILE;

/// Sets one of them for this process, and for what it will be. Returns whether it could.
pub(super) fn set_limit(resource: Resource, amount: libc::rlim_t) -> bool {
    let limit = libc::rlimit { rlim_cur: amount, rlim_max: amount };
    // SAFETY: `limit` is a valid limit.
    unsafe { libc::setrlimit(resource, &raw const limit) == 0 }
}

/// How a child's process ended, and its directory if that could not be removed.
pub(super) struct Finished {
    pub(super) status: libc::c_int,
    pub(super) usage: libc::rusage,
    pub(super) not_removed: Option<PathBuf>,
    /// Its directory, if that is to be kept and there is something in it.
    pub(super) left: Option<Scratch>,
}

/// Sleeps until one of the descriptors is ready or closed, or until `until`; says which of them are.
pub(super) fn wait<const N: usize>(
    fds: [Option<BorrowedFd<'_>>; N],
    until: Instant,
) -> io::Result<[bool; N]> {
    const IGNORED: i32 = -1; // poll(2): a negative descriptor is passed over
    let mut polled = fds.map(|fd| libc::pollfd {
        fd: fd.map_or(IGNORED, |fd| fd.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    let left = until.saturating_duration_since(Instant::now());
    // Rounded up, so that the deadline is over when poll says so.
    let millis = i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
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
fn signal(number: i32) -> Signal {
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

/// The signals of Linux alone: SIGPWR, and SIGSTKFLT where the processor's table has it.
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

/// Returns the largest resident set in bytes. `ru_maxrss` counts kibibytes, but bytes on Apple systems (getrusage(2)).
pub(super) fn max_rss(usage: &libc::rusage) -> u64 {
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    u64::try_from(usage.ru_maxrss).unwrap_or_default() * unit
}
