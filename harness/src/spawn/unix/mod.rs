//! Runs a child on Unix. The runner starts the child in a new process group and reads the child's
//! output from pipes. One call of `poll` waits for output, for the child's end, and for the
//! deadline.

mod core_file;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod group;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod supervisor;
mod sys;

use std::io::{self, Read};
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
use self::group::Process;
#[cfg(any(target_os = "linux", target_os = "android"))]
use self::supervisor::Process;
use self::sys::{Finished, NotStarted, duration, end, limits, max_rss, wait};
use super::artifacts::Artifacts;
use super::capture::Capture;
use super::debugger::backtrace::Backtrace;
use super::error::Error;
use super::options::{KILL_LIMIT, LEAK_GRACE, Options};
use super::outcome::{End, Outcome};
use super::program::Program;
use super::scratch::Scratch;

/// Runs `program` with one argument. If the child is still running at its deadline, calls `look`
/// with the IDs of the child's processes before the runner kills the child.
pub(super) fn run(
    program: &Program,
    argument: &str,
    options: &Options,
    look: &dyn Fn(&[i32]) -> Option<Backtrace>,
) -> Result<Outcome, Error> {
    let begin = if options.zygote { Process::fork } else { Process::start };
    loop {
        let start = Instant::now();
        let (process, stdout, stderr) = begin(program, argument, options, &limits(options))?;
        let [out, err] = options.captures(argument);
        let (stdout, stderr) = (Stream::new(Some(stdout), out), Stream::new(stderr, err));
        match attend(process, stdout, stderr, start, program, options, look)? {
            Ok(outcome) => return Ok(outcome),
            Err(NotStarted::NameInUse) => {} // retry with another directory name
            Err(NotStarted::Failed(error)) => return Err(error),
        }
    }
}

pub(super) fn prepare_zygote(program: &Program, options: &Options) -> Result<(), Error> {
    Process::prepare_to_fork(program, options, &limits(options))
}

/// Waits until a child ends, kills the child after its deadline, and returns the child's outcome.
fn attend(
    process: Process,
    mut stdout: Stream<impl Read + AsFd>,
    mut stderr: Stream<impl Read + AsFd>,
    start: Instant,
    program: &Program,
    options: &Options,
    look: &dyn Fn(&[i32]) -> Option<Backtrace>,
) -> Result<Result<Outcome, NotStarted>, Error> {
    let not_followed = |error| Error::new("wait for", &program.path, error);
    let followed = match follow(&process, &mut stdout, &mut stderr, start, options, look) {
        Ok(followed) => followed,
        Err(error) => return Err(not_followed(process.abandon(&error))),
    };
    let wall = start.elapsed();
    let is_kept = options.keep_directory || options.core_file.is_some();
    let finished = process.finish(program, is_kept).map_err(not_followed)?;
    let Finished { status, usage, not_removed, not_killed, left } = match finished {
        Ok(finished) => finished,
        Err(not_started) => return Ok(Err(not_started)),
    };
    let end = if followed.timed_out { End::TimedOut } else { end(status) };
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

/// Initial size of the read buffer, in bytes. The size is small because most children print less,
/// and zeroing 64 KiB takes as long as starting a thread.
const PIECE: usize = 1 << 10;
/// Size of the read buffer, in bytes, for a child that prints more than `PIECE`. The size is the
/// capacity of a pipe on Linux (pipe(7)).
const LARGE_PIECE: usize = 64 << 10;

/// Time after the child's start during which the runner does not read the child's output. Most
/// children end within `QUIET` and print less than a pipe can hold. For a child that ends within
/// `QUIET`, the runner wakes only once, and not also for each output stream. A child that fills a
/// pipe blocks for the rest of `QUIET`, but only once.
const QUIET: Duration = Duration::from_millis(5);

/// Maximum number of reads after `LEAK_GRACE` has passed. The runner may have been suspended during
/// `LEAK_GRACE`, so the runner still reads the content of the pipes. The number is enough for two
/// small pieces, the largest pipe that an unprivileged process can create (1 MiB, pipe(7)), and the
/// end of the data.
const LATE_ROUNDS: usize = 2 + (1 << 20) / LARGE_PIECE + 1;

/// Facts about how a child has ended.
struct Followed {
    timed_out: bool,
    leaked: bool,
    hang: Option<String>,
    backtrace: Option<Backtrace>,
}

/// Stage of a child's run before or after its deadline.
#[derive(Clone, Copy)]
enum Stage {
    Running,
    /// 80% of the deadline has passed, and the runner has taken the hang report.
    Late,
    Asked,
    Killed,
}

/// Reads the child's output until the child ends, and kills the child if its deadline passes.
fn follow(
    process: &Process,
    stdout: &mut Stream<impl Read + AsFd>,
    stderr: &mut Stream<impl Read + AsFd>,
    start: Instant,
    options: &Options,
    look: &dyn Fn(&[i32]) -> Option<Backtrace>,
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
        // The time `until` has passed, so the runner takes the next step: the hang report, SIGTERM,
        // SIGKILL, or an error.
        stage = match stage {
            Stage::Running => {
                hang = process.doing();
                until = start + options.deadline();
                Stage::Late
            }
            Stage::Late => {
                // The debugger runs only at the deadline, because a debugger stops the child and
                // could change how a slow child ends.
                backtrace = look(&process.processes());
                process.terminate();
                until = Instant::now() + options.grace;
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

    /// Reads one piece of output if the pipe is ready, so that the read does not block. Each call
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
