//! Running a child on Unix: a process group, two pipes, and one place to wait.
#![expect(unsafe_code, reason = "calls poll and setrlimit")]

#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "keeper/process.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "process_std.rs")]
mod process;

use std::fs::{self, Permissions};
use std::io::{self, Read};
use std::mem;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::process::Process;
use super::capture::Capture;
use super::scratch::Scratch;
use super::{
    Backtrace, End, Error, KILL_LIMIT, LEAK_GRACE, Left, Limit, Options, Outcome, Program,
    core_file,
};
use crate::scenario::Signal;

pub(super) const HAS_CORE_FILES: bool = true;

/// Returns whether this is an emulated system that starts programs of its kind without the emulator being named again.
/// A user-mode emulator passes `execve` through to the host, so it must be named.
pub(super) fn runs_programs_itself() -> bool {
    false
}

pub(super) fn give_access(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o700))
}

pub(super) fn run(program: &Program, argument: &str, options: &Options) -> Result<Outcome, Error> {
    let start = Instant::now();
    let begin = if options.zygote { Process::fork } else { Process::start };
    let (process, stdout, stderr) = begin(program, argument, options, &limits(options))?;
    attend(process, stdout, stderr, start, program, options)
}

pub(super) fn prepare_zygote(program: &Program, options: &Options) -> Result<(), Error> {
    Process::prepare_to_fork(program, options, &limits(options))
}

/// Is with a child until it has ended.
fn attend(
    process: Process,
    stdout: impl Read + AsFd,
    stderr: Option<impl Read + AsFd>,
    start: Instant,
    program: &Program,
    options: &Options,
) -> Result<Outcome, Error> {
    let mut stdout = Stream::new(Some(stdout), options.capture());
    let mut stderr = Stream::new(stderr, options.capture());
    let not_followed = |error| Error::new("wait for", &program.path, error);
    let followed = follow(&process, program, &mut stdout, &mut stderr, start, options);
    let followed = followed.inspect_err(|_| process.kill()).map_err(not_followed)?;
    let wall = start.elapsed();
    let is_kept = options.keep_directory || options.core_file.is_some();
    let finished = process.finish(is_kept).map_err(not_followed)?;
    let Finished { status, usage, not_removed, left } =
        finished.map_err(|error| program.not_started(&error))?;
    let end = if followed.timed_out { End::TimedOut } else { end(status) };
    Ok(Outcome {
        end,
        stdout: stdout.captured.finish(),
        stderr: stderr.captured.finish(),
        merged: options.merge_output,
        leaked: followed.leaked,
        wall,
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        max_rss: max_rss(&usage),
        hang: followed.hang,
        backtrace: followed.backtrace,
        fault: None,
        not_removed,
        left: take(left, end, options),
    })
}

/// Returns what is to be kept of what a child left in its directory.
fn take(directory: Option<Scratch>, end: End, options: &Options) -> Left {
    let core_file = match end {
        End::Signaled { core, .. } if options.core_file.is_some() => {
            let nowhere = Path::new("");
            let directory = directory.as_ref().map_or(nowhere, Scratch::path);
            Some(core_file::take(directory, core))
        }
        _ => None,
    };
    let is_kept = |directory: &Scratch| options.keep_directory && directory.is_in_use();
    Left::new(directory.filter(is_kept), core_file)
}

/// What a child may use: the system's numbers for it, and how much.
fn limits(options: &Options) -> Vec<(Resource, libc::rlim_t)> {
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
type Resource = libc::__rlimit_resource_t;
#[cfg(not(any(target_env = "gnu", target_env = "uclibc")))]
type Resource = libc::c_int;

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
fn set_limit(resource: Resource, amount: libc::rlim_t) -> bool {
    let limit = libc::rlimit { rlim_cur: amount, rlim_max: amount };
    // SAFETY: `limit` is a valid limit.
    unsafe { libc::setrlimit(resource, &raw const limit) == 0 }
}

/// How a child's process ended, and its directory if that could not be removed.
struct Finished {
    status: libc::c_int,
    usage: libc::rusage,
    not_removed: Option<PathBuf>,
    /// Its directory, if that is to be kept and there is something in it.
    left: Option<Scratch>,
}

/// How many bytes are read at once: at first what most children print, and a Linux pipe's capacity from a child that prints
/// more. Zeroing that much takes as long as starting a thread.
const PIECE: usize = 1 << 10;
const LARGE_PIECE: usize = 64 << 10;

/// For so long, what the child prints wakes nobody: a pipe has room for it. Most children end sooner, and then the runner
/// wakes once, for the end, and not for each stream's last bytes and closing. One that prints more than there is room for
/// waits for the rest of this time, once.
const QUIET: Duration = Duration::from_millis(5);

/// When the time for the pipes to close is over, the runner may not have been running for all of it, so what is there is read
/// still: two small pieces, the most that a pipe can be made to hold (1 MiB, unless a privileged process does it), and its end.
const LATE_ROUNDS: usize = 2 + (1 << 20) / LARGE_PIECE + 1;

/// What is known when the child has ended.
struct Followed {
    timed_out: bool,
    leaked: bool,
    hang: Option<String>,
    backtrace: Option<Backtrace>,
}

/// How far the runner has gone to end the child.
#[derive(Clone, Copy)]
enum Stage {
    Running,
    /// It has little time left, and what it does was written down.
    Late,
    Asked,
    Killed,
}

/// Reads what the child prints until it has ended, and ends it at its deadline.
fn follow(
    process: &Process,
    program: &Program,
    stdout: &mut Stream<impl Read + AsFd>,
    stderr: &mut Stream<impl Read + AsFd>,
    start: Instant,
    options: &Options,
) -> io::Result<Followed> {
    let mut piece = vec![0; PIECE];
    let quiet_until = start + QUIET;
    let mut is_quiet = options.on_output.is_none();
    let mut stage = Stage::Running;
    let mut until = start + options.deadline() / 5 * 4;
    let mut hang = None;
    let mut backtrace = None;
    loop {
        let end = Some(process.as_fd());
        let ready = if mem::take(&mut is_quiet) {
            wait([None, None, end], quiet_until.min(until))?
        } else {
            wait([stdout.as_fd(), stderr.as_fd(), end], until)?
        };
        stdout.read(ready[0], &mut piece)?;
        stderr.read(ready[1], &mut piece)?;
        if ready[2] {
            break;
        }
        let now = Instant::now();
        if now < until {
            continue;
        }
        stage = match stage {
            Stage::Running => {
                hang = process.doing();
                until = start + options.deadline();
                Stage::Late
            }
            Stage::Late => {
                // Not before: it stops the child, which could change how a slow one ends.
                let debugger = options.debugger.as_ref();
                backtrace = debugger.map(|it| it.attach(program, &process.processes()));
                process.terminate();
                until = Instant::now() + options.grace;
                Stage::Asked
            }
            Stage::Asked => {
                process.kill();
                until = now + KILL_LIMIT;
                Stage::Killed
            }
            Stage::Killed => return Err(io::Error::other("it is still there after SIGKILL")),
        };
    }
    let until = Instant::now() + LEAK_GRACE;
    let mut late_rounds = 0..LATE_ROUNDS;
    while stdout.is_open() || stderr.is_open() {
        let is_late = Instant::now() >= until;
        let ready = wait([stdout.as_fd(), stderr.as_fd()], until)?;
        if is_late && (ready == [false; 2] || late_rounds.next().is_none()) {
            break;
        }
        stdout.read(ready[0], &mut piece)?;
        stderr.read(ready[1], &mut piece)?;
    }
    let timed_out = matches!(stage, Stage::Asked | Stage::Killed);
    Ok(Followed {
        timed_out,
        hang: hang.filter(|_| timed_out),
        backtrace,
        leaked: stdout.is_open() || stderr.is_open(),
    })
}

/// Sleeps until one of the descriptors is ready or closed, or until `until`; says which of them are.
fn wait<const N: usize>(fds: [Option<BorrowedFd<'_>>; N], until: Instant) -> io::Result<[bool; N]> {
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

/// The read end of a pipe and what came out of it.
struct Stream<R> {
    pipe: Option<R>,
    captured: Capture,
}

impl<R: Read + AsFd> Stream<R> {
    fn new(pipe: Option<R>, captured: Capture) -> Self {
        Self { pipe, captured }
    }

    fn is_open(&self) -> bool {
        self.pipe.is_some()
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads what is there now if the pipe is ready, so that it does not wait; one piece at a time, so that neither stream
    /// starves the other or the deadline.
    fn read(&mut self, is_ready: bool, piece: &mut Vec<u8>) -> io::Result<()> {
        let Some(pipe) = self.pipe.as_mut().filter(|_| is_ready) else { return Ok(()) };
        match pipe.read(piece) {
            Ok(0) => self.pipe = None,
            Ok(length) => {
                self.captured.push(&piece[..length]);
                if length == piece.len() {
                    piece.resize(LARGE_PIECE, 0);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn end(status: libc::c_int) -> End {
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

fn duration(time: libc::timeval) -> Duration {
    let seconds = Duration::from_secs(time.tv_sec.try_into().unwrap_or_default());
    seconds + Duration::from_micros(time.tv_usec.try_into().unwrap_or_default())
}

/// Returns the largest resident set in bytes. `ru_maxrss` counts kibibytes, but bytes on Apple systems (getrusage(2)).
fn max_rss(usage: &libc::rusage) -> u64 {
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    u64::try_from(usage.ru_maxrss).unwrap_or_default() * unit
}
