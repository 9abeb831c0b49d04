//! Runs a child on Unix. The runner starts the child in a new process group and reads the child's
//! output from pipes. One call of `poll` waits for output, for the child's end, and for the
//! deadline.

mod core_file;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod group;
mod load;
mod open_files;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod supervisor;
mod suspend;
mod sys;

use std::io::{self, Read};
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::Duration;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
use self::group::Process;
pub(super) use self::open_files::reserve;
#[cfg(any(target_os = "linux", target_os = "android"))]
use self::supervisor::Process;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) use self::supervisor::adopt_orphans;
pub(super) use self::sys::signal;
use self::sys::{Finished, NotStarted, duration, end, limits, max_rss, wait};
use super::artifacts::Artifacts;
use super::capture::Capture;
use super::clock::Clock;
use super::control::{Control, Phase};
use super::debugger::backtrace::Backtrace;
use super::error::Error;
use super::options::{KILL_LIMIT, Options};
use super::outcome::{End, Outcome};
use super::program::Program;
use super::scratch::Scratch;

/// Runs `program` with `argument` in a child, and returns the child's outcome. If the child is
/// still running at its deadline, calls `look` with the IDs of the child's processes before the
/// runner kills the child.
pub(super) fn run(
    program: &Program,
    argument: &str,
    options: &Options,
    look: &dyn Fn(&[i32]) -> Option<Backtrace>,
) -> Result<Outcome, Error> {
    let begin = if options.forks() { Process::fork } else { Process::start };
    loop {
        let entered = options.control.as_ref().map(Control::enter);
        if let Some(None) = entered {
            return Err(Error::interrupted(&program.path, None));
        }
        let mut clock = Clock::new();
        let started = begin(program, argument, options, &limits(options), &mut clock);
        let (process, stdout, stderr) = started?;
        let [out, err] = options.captures(argument);
        let (stdout, stderr) = (Stream::new(Some(stdout), out), Stream::new(stderr, err));
        match attend(process, stdout, stderr, clock, program, options, look)? {
            Ok(outcome) => return Ok(outcome),
            Err(NotStarted::NameInUse) => {} // retry with another directory name
            Err(NotStarted::Failed(error)) => return Err(error),
            // A child's own limits can cause a lack of memory or descriptors, so the error counts
            // as a lack of the system only if the child has no limits.
            Err(NotStarted::Refused(error)) if options.limits.is_empty() => return Err(error),
            Err(NotStarted::Refused(error)) => return Err(error.without_lack()),
        }
    }
}

/// On systems without supervisors, an orphan becomes a child of process 1.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn adopt_orphans() {}

pub(super) fn prepare_zygote(program: &Program, options: &Options) -> Result<(), Error> {
    Process::prepare_to_fork(program, options, &limits(options))
}

/// Waits until a child ends, kills the child after its deadline, and returns the child's outcome.
fn attend(
    process: Process,
    mut stdout: Stream<impl Read + AsFd>,
    mut stderr: Stream<impl Read + AsFd>,
    mut clock: Clock,
    program: &Program,
    options: &Options,
    look: &dyn Fn(&[i32]) -> Option<Backtrace>,
) -> Result<Result<Outcome, NotStarted>, Error> {
    // The child has been started, so the error must not make the runner start the child again.
    let not_followed = |error| Error::new("wait for", &program.path, error).without_lack();
    let followed = match follow(&process, &mut stdout, &mut stderr, &mut clock, options, look) {
        Ok(followed) => followed,
        Err(error) => return Err(not_followed(process.abandon(&error))),
    };
    let wall = clock.elapsed();
    let is_kept = options.keep_directory || options.core_file.is_some();
    let finished = process.finish(program, is_kept).map_err(not_followed)?;
    let Finished { status, usage, not_removed, not_killed, left } = match finished {
        Ok(finished) => finished,
        Err(not_started) => return Ok(Err(not_started)),
    };
    if followed.end == Forced::Interrupted && !options.keep_interrupted {
        let left = [not_killed, not_removed].into_iter().flatten();
        return Err(Error::interrupted(&program.path, left));
    }
    let end = if followed.end == Forced::TimedOut { End::TimedOut } else { end(status) };
    Ok(Ok(Outcome {
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
        not_killed,
        artifacts: take(left, end, options),
    }))
}

/// Returns the directory and the core file of a child, if `options` request them.
fn take(directory: Option<Scratch>, end: End, options: &Options) -> Artifacts {
    let core_file = match end {
        End::Signaled { core, .. } if options.core_file.is_some() => {
            let nowhere = Path::new("");
            let directory = directory.as_ref().map_or(nowhere, Scratch::path);
            Some(core_file::take(directory, core))
        }
        _ => None,
    };
    let is_kept = |directory: &Scratch| options.keep_directory && directory.is_in_use();
    Artifacts::new(directory.filter(is_kept), core_file)
}

/// Initial size of the read buffer, in bytes. `PIECE` is small because most children print less,
/// and zeroing 64 KiB takes as long as starting a thread.
const PIECE: usize = 1 << 10;
/// Size of the read buffer, in bytes, for a child that prints more than `PIECE`. `LARGE_PIECE` is
/// the capacity of a pipe on Linux (pipe(7)).
const LARGE_PIECE: usize = 64 << 10;

/// Time after the child's start during which the runner does not read the child's output. Most
/// children end within `QUIET` and print less than a pipe can hold. For a child that ends within
/// `QUIET`, the runner wakes only once, and not also for each output stream. A child that fills a
/// pipe blocks for the rest of `QUIET`, but only once.
const QUIET: Duration = Duration::from_millis(5);

/// Maximum number of reads after each step of the leak timeout. If the runner was suspended during
/// a step of the leak timeout, output may wait in the pipes, so the runner reads again after each
/// step. `LATE_ROUNDS` is enough for two pieces of `PIECE` bytes, the largest pipe that an
/// unprivileged process can create (1 MiB, pipe(7)), and the end of the data.
const LATE_ROUNDS: usize = 2 + (1 << 20) / LARGE_PIECE + 1;

/// Number of steps into which the runner divides the leak timeout, to measure after each step how
/// busy the computer is.
const LEAK_STEPS: u32 = 4;

/// Maximum factor by which a busy computer extends the leak timeout.
const MOST_LOAD: u32 = 50;

/// Maximum delay, from the request to start a child until the child starts, that does not count for
/// the child's deadline. The part of a delay beyond this maximum counts, because the supervisor may
/// have been stopped.
const MOST_DELAY: Duration = Duration::from_secs(15);

/// Result of [`follow`]: how the child ended, and what the runner observed.
struct Followed {
    end: Forced,
    leaked: bool,
    hang: Option<String>,
    backtrace: Option<Backtrace>,
}

/// Why the runner ended a child.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Forced {
    /// The child ended by itself.
    No,
    TimedOut,
    Interrupted,
}

/// Stage of a child's run, which determines the runner's next step.
#[derive(Clone, Copy)]
enum Stage {
    Running,
    /// 80% of the deadline has passed, and the runner has recorded the states of the child's
    /// threads.
    Late,
    Asked,
    Killed,
}

/// Reads the child's output until the child ends, and kills the child if its deadline passes or if
/// the run is interrupted.
fn follow(
    process: &Process,
    stdout: &mut Stream<impl Read + AsFd>,
    stderr: &mut Stream<impl Read + AsFd>,
    clock: &mut Clock,
    options: &Options,
    look: &dyn Fn(&[i32]) -> Option<Backtrace>,
) -> io::Result<Followed> {
    let mut piece = vec![0; PIECE];
    let mut is_quiet = options.on_output.is_none();
    let mut stage = Stage::Running;
    let mut until = options.deadline() / 5 * 4;
    let mut delay = Duration::ZERO;
    let mut hang = None;
    let mut backtrace = None;
    let mut end = Forced::No;
    loop {
        let (phase, listener) = match (&options.control, end) {
            (Some(control), Forced::No) => control.now(),
            _ => (Phase::Runs, None),
        };
        match phase {
            Phase::Runs => {}
            Phase::Suspended => {
                suspend(process, options);
                clock.skip();
                continue;
            }
            Phase::Interrupted => {
                process.terminate();
                until = clock.elapsed() + options.grace();
                (stage, end) = (Stage::Asked, Forced::Interrupted);
            }
        }
        let fds = [Some(process.as_fd()), listener.as_ref().map(AsFd::as_fd)];
        let ready = if mem::take(&mut is_quiet) {
            let limit = clock.left(QUIET.min(until));
            let ready = wait([None, None, fds[0], fds[1]], limit)?;
            clock.tick(limit);
            ready
        } else {
            let limit = clock.left(until);
            let ready = wait([stdout.as_fd(), stderr.as_fd(), fds[0], fds[1]], limit)?;
            stdout.read(ready[0], &mut piece)?;
            stderr.read(ready[1], &mut piece)?;
            clock.tick(limit);
            ready
        };
        if ready[2] {
            break;
        }
        let now = clock.elapsed();
        if now < until {
            continue;
        }
        if matches!(stage, Stage::Running | Stage::Late) {
            // On a busy computer, the child may start late, so the deadline leaves out the time
            // before the child's start.
            let delayed = process.delay(now).clamp(delay, MOST_DELAY);
            until += delayed.saturating_sub(delay);
            delay = delayed;
            if now < until {
                continue;
            }
        }
        // The time `until` has passed, so the runner takes the next step: the hang report, SIGTERM,
        // SIGKILL, or an error.
        stage = match stage {
            Stage::Running => {
                hang = process.doing();
                until = options.deadline() + delay;
                Stage::Late
            }
            Stage::Late => {
                // The debugger runs only at the deadline, because a debugger stops the child and
                // could change how a slow child ends.
                backtrace = look(&process.processes());
                clock.skip();
                process.terminate();
                until = clock.elapsed() + options.grace();
                end = Forced::TimedOut;
                Stage::Asked
            }
            Stage::Asked => {
                process.kill();
                until = now + KILL_LIMIT;
                Stage::Killed
            }
            Stage::Killed => {
                return Err(io::Error::other(format!(
                    "the child still runs {KILL_LIMIT:?} after SIGKILL"
                )));
            }
        };
    }
    let leaked = leaks(stdout, stderr, clock, options, &mut piece)?;
    let hang = hang.filter(|_| end == Forced::TimedOut);
    Ok(Followed { end, leaked, hang, backtrace })
}

/// Stops the child's processes until the suspension of the run is over.
fn suspend(process: &Process, options: &Options) {
    let stopped = suspend::stop(|| process.processes());
    if let Some(control) = &options.control {
        control.stay_suspended();
    }
    suspend::resume(&stopped);
}

/// Reads the output of a child that has ended, until no process has the pipes open for writing.
/// Returns true if a process still has a pipe open after the leak timeout of `options`.
fn leaks(
    stdout: &mut Stream<impl Read + AsFd>,
    stderr: &mut Stream<impl Read + AsFd>,
    clock: &mut Clock,
    options: &Options,
    piece: &mut Vec<u8>,
) -> io::Result<bool> {
    let allowed = options.leak_timeout();
    let step = allowed / LEAK_STEPS;
    let begin = clock.elapsed();
    let (mut until, mut counted) = (begin + step, Duration::ZERO);
    let mut late_rounds = 0..LATE_ROUNDS;
    while stdout.is_open() || stderr.is_open() {
        let is_late = clock.elapsed() >= until;
        let limit = clock.left(until);
        let ready = wait([stdout.as_fd(), stderr.as_fd()], limit)?;
        clock.tick(limit);
        if is_late && (ready == [false; 2] || late_rounds.next().is_none()) {
            let now = clock.elapsed();
            // On a busy computer only a part of each step counts, because a process that waits for
            // a processor needs longer to exit.
            counted += step / load::load();
            if counted + step / 2 >= allowed || now >= begin + allowed * MOST_LOAD {
                return Ok(true);
            }
            until = now + step;
            late_rounds = 0..LATE_ROUNDS;
        }
        stdout.read(ready[0], piece)?;
        stderr.read(ready[1], piece)?;
    }
    Ok(false)
}

/// Read end of a pipe, and the output that the runner has read from the pipe.
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

    /// Reads one piece of output if `is_ready` is true, so that the read does not block. Each call
    /// reads only one piece, so that a busy stream cannot delay the other stream or the deadline.
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
            // `WouldBlock` is not an error, because the child may have read the bytes from its own
            // pipe; see `supervisor/pipe.rs`.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
