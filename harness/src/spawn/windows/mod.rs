//! Runs a child on Windows: a [job object](job) contains the child, and one thread reads each of
//! the child's two pipes.
//!
//! Windows cannot send SIGTERM to a child. At the deadline the runner kills all processes of the
//! job at once and ignores [`Options::grace`](crate::spawn::Options::grace).
//!
//! A process that the child starts usually holds the child's pipes open, even if that process
//! writes its output to a file, because a process on Windows inherits every inheritable handle.
//! Because of the inherited handle, a process that a child leaves behind can count as a leak on
//! Windows but not on Unix.
#![expect(unsafe_code, reason = "calls Windows functions such as NtResumeProcess")]

mod job;
mod sys;

use std::fs::File;
use std::io::{self, Read};
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::os::windows::process::CommandExt as _;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use std::{fs, mem, ptr, thread};

use windows_sys::Win32::Foundation::{
    self as foundation, HANDLE, NTSTATUS, WAIT_FAILED, WAIT_OBJECT_0,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    GetErrorMode, SEM_FAILCRITICALERRORS, SetErrorMode,
};
use windows_sys::Win32::System::Pipes::CreatePipe;
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, CREATE_SUSPENDED, WaitForMultipleObjects,
};

use self::job::Job;
use self::sys::{check, millis, size_of};
use super::alarm::Listener;
use super::artifacts::Artifacts;
use super::capture::{Capture, Output};
use super::clock::Clock;
use super::command::command;
use super::control::{Control, Phase};
use super::debugger::backtrace::Backtrace;
use super::error::{Error, NO_ZYGOTE};
use super::fault::Fault;
use super::options::Options;
use super::outcome::{End, Outcome};
use super::program::Program;
use super::scratch::Scratch;
use crate::signal::Signal;
use crate::{status, wine};

/// Runs `program` with `argument` in a child, and returns the child's outcome. If the child is
/// still running at its deadline, calls `look` with the child's process ID before the runner kills
/// the child.
pub(super) fn run(
    program: &Program,
    argument: &str,
    options: &Options,
    look: &dyn Fn(&[i32]) -> Option<Backtrace>,
) -> Result<Outcome, Error> {
    if options.zygote {
        return Err(
            prepare_zygote(program, options).expect_err("`prepare_zygote` always fails on Windows")
        );
    }
    if !options.limits.is_empty() {
        return Err(Error::new(
            "limit",
            &program.path,
            "resource limits are not supported on Windows",
        ));
    }
    if options.core_file.is_some() {
        return Err(Error::new(
            "keep a core file of",
            &program.path,
            "Windows writes no core files",
        ));
    }
    let not_followed =
        |error: io::Error| Error::new("wait for", &program.path, error).without_lack();
    let entered = options.control.as_ref().map(Control::enter);
    if let Some(None) = entered {
        return Err(Error::interrupted(&program.path, None));
    }
    // The child's directory needs no access rights of its own, because on Windows a new directory
    // inherits the rights of the directory for temporary files, which belongs to the user.
    let directory = Scratch::new(|path| fs::create_dir(path))?;
    let mut command = command(program, argument, options, directory.path())?;
    hush_loader();
    let job = Job::new().map_err(not_followed)?;
    // The child starts suspended, so that the runner can put the child into the job before the
    // child runs. If the runner is killed before it puts the child into the job, the child stays
    // suspended. The child leads a new process group, so Ctrl-C at the console reaches only the
    // runner. A control event that the child sends to its process group does not reach the runner.
    command.creation_flags(CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP);
    let merged =
        if options.merge_output { Some(merge(&mut command).map_err(not_followed)?) } else { None };
    let mut clock = Clock::new();
    let mut child = command.spawn().map_err(|error| program.not_started(&error))?;
    if let Err(error) = job.adopt(&child) {
        // Kill the suspended child, because closing the job does not kill a child outside the job.
        // The error of `kill` is ignored, because the error of `adopt` is more important to the
        // caller.
        let _ = child.kill();
        return Err(not_followed(error));
    }

    // The child is in the job now, so an early return drops the job and thereby kills the child.
    drop(command); // the command holds the write ends of a merged pipe, which must be closed
    let stdout = child.stdout.take().map(|pipe| File::from(OwnedHandle::from(pipe)));
    let (stdout, stderr) = (merged.or(stdout), child.stderr.take());
    let readers = Readers::new(stdout, stderr, options.captures(argument)).map_err(not_followed)?;
    resume(&child).map_err(not_followed)?;
    let followed = follow(&job, &child, &readers, &mut clock, options, look);
    let followed = followed.map_err(not_followed)?;
    if followed.end == Forced::Interrupted {
        return Err(Error::interrupted(&program.path, None));
    }
    let wall = clock.elapsed();
    // The child has ended, so `wait` returns at once. The child's exit code and peak memory stay
    // available as long as `child` holds a handle of the process.
    let status = child.wait().map_err(not_followed)?;
    let code = status.code().expect("every process on Windows ends with an exit code");
    let usage = job.usage().map_err(not_followed)?;
    let max_rss = max_rss(&child).map_err(not_followed)?;
    let [stdout, stderr] = readers.finish();
    let (not_removed, left) = directory.leave(options.keep_directory);
    Ok(Outcome {
        end: if followed.end == Forced::TimedOut { End::TimedOut } else { end(code) },
        fault: fault(code).filter(|_| followed.end == Forced::No),
        stdout,
        stderr,
        merged: options.merge_output,
        leaked: followed.leaked,
        wall,
        user: duration(usage.TotalUserTime),
        system: duration(usage.TotalKernelTime),
        max_rss,
        hang: None,
        backtrace: followed.backtrace,
        not_removed,
        not_killed: None,
        artifacts: Artifacts::new(left, None),
    })
}

/// Returns `children`, because Windows does not limit the open files of a process.
/// On Windows, each child's job object contains all processes of the child, so nothing is adopted.
pub(super) fn adopt_orphans() {}

pub(super) fn reserve(children: usize) -> usize {
    children
}

/// Always returns an error, because a process cannot be forked on Windows.
pub(super) fn prepare_zygote(program: &Program, _options: &Options) -> Result<(), Error> {
    Err(Error::new("fork", &program.path, NO_ZYGOTE))
}

/// Redirects both output streams of a child to one pipe. Returns the read end of the pipe.
fn merge(command: &mut Command) -> io::Result<File> {
    const SYSTEM_DEFAULT: u32 = 0;
    let (mut reader, mut writer) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: `reader` and `writer` are writable handles, and `CreatePipe` accepts a null pointer
    // for handles that children do not inherit.
    let made = unsafe { CreatePipe(&raw mut reader, &raw mut writer, ptr::null(), SYSTEM_DEFAULT) };
    check(made)?;
    // SAFETY: `CreatePipe` has just created the handle `reader`, and nothing else owns `reader`.
    let reader = unsafe { OwnedHandle::from_raw_handle(reader) };
    // SAFETY: `CreatePipe` has just created the handle `writer`, and nothing else owns `writer`.
    let writer = unsafe { OwnedHandle::from_raw_handle(writer) };
    command.stdout(writer.try_clone()?).stderr(writer);
    Ok(reader.into())
}

/// Result of [`follow`]: how the child ended, and what the runner observed.
struct Followed {
    end: Forced,
    leaked: bool,
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

/// Waits until the child ends, kills the child at its deadline or after an interrupt, and then
/// kills the rest of the child's job.
fn follow(
    job: &Job,
    child: &Child,
    readers: &Readers,
    clock: &mut Clock,
    options: &Options,
    look: &dyn Fn(&[i32]) -> Option<Backtrace>,
) -> io::Result<Followed> {
    let end = end_of(child, clock, options)?;
    let mut backtrace = None;
    if end == Forced::TimedOut {
        let pid = i32::try_from(child.id()).ok();
        backtrace = look(pid.as_slice());
        clock.skip();
    }
    if end != Forced::No {
        job.end()?;
    }
    let allowed = options.leak_timeout();
    let leaked = !readers.end_within(allowed)?;
    // End the job even if no pipe is open, because a process that still runs keeps the child's
    // working directory from being removed.
    job.end()?;
    if leaked {
        // Wait until the reader threads have read the last output of the processes that `job.end`
        // killed. If a pipe is still open after `allowed`, a process outside the job holds the
        // pipe. If a pipe stays open, its reader thread keeps running, and the runner drops the
        // output that the thread reads.
        readers.end_within(allowed)?;
    }
    clock.tick(allowed);
    Ok(Followed { end, leaked, backtrace })
}

/// Waits until the child ends, its deadline passes, or the run is interrupted.
fn end_of(child: &Child, clock: &mut Clock, options: &Options) -> io::Result<Forced> {
    loop {
        let (phase, listener) = match &options.control {
            Some(control) => control.now(),
            None => (Phase::Runs, None),
        };
        if phase == Phase::Interrupted {
            return Ok(Forced::Interrupted);
        }
        let limit = clock.left(options.deadline());
        if ends_within(child, listener.as_ref(), limit)? {
            return Ok(Forced::No);
        }
        if clock.tick(limit) >= options.deadline() {
            return Ok(Forced::TimedOut);
        }
    }
}

/// Makes Windows end a child with an exit status if a library is missing. By default the Windows
/// loader shows a dialog before the child can turn dialogs off. The runner changes its own error
/// mode permanently, because children inherit the runner's error mode.
fn hush_loader() {
    // SAFETY: `GetErrorMode` takes no arguments and accesses no memory of this process.
    let mode = unsafe { GetErrorMode() };
    // SAFETY: `SetErrorMode` takes only an integer. Threads that call `hush_loader` at the same
    // time set the same bit.
    unsafe { SetErrorMode(mode | SEM_FAILCRITICALERRORS) };
}

/// Resumes a suspended child.
///
/// Stable `std` has no method that returns a handle of the child's first thread. The documented
/// method to find the first thread is a snapshot of all threads of the system. In a snapshot, a
/// thread that a virus scanner or a debugger has injected looks like the first thread.
/// `NtResumeProcess` does not need the first thread, because it resumes every suspended thread of
/// the process. Microsoft does not document `NtResumeProcess`, but `ntdll` has exported the
/// function since Windows XP.
fn resume(child: &Child) -> io::Result<()> {
    #[link(name = "ntdll")]
    unsafe extern "system" {
        fn NtResumeProcess(process: HANDLE) -> NTSTATUS;
    }
    // SAFETY: `child` owns the process handle and keeps the handle open.
    let result = unsafe { NtResumeProcess(child.as_raw_handle()) };
    // A negative `NTSTATUS` means an error.
    if result >= 0 {
        return Ok(());
    }
    Err(io::Error::other(format!("NtResumeProcess failed with status {result:#x}")))
}

/// Waits until the child ends or the listener is woken, at most for `limit`. Returns true if the
/// child has ended.
fn ends_within(child: &Child, listener: Option<&Listener>, limit: Duration) -> io::Result<bool> {
    let child = child.as_raw_handle();
    let handles = [child, listener.map_or(child, Listener::handle)];
    let count = if listener.is_some() { 2 } else { 1 };
    let any = foundation::FALSE;
    // SAFETY: `handles` has at least `count` handles, which `child` and `listener` keep open.
    match unsafe { WaitForMultipleObjects(count, handles.as_ptr(), any, millis(limit)) } {
        WAIT_OBJECT_0 => Ok(true),
        WAIT_FAILED => Err(io::Error::last_os_error()),
        _ => Ok(false),
    }
}

/// Threads that read a child's output. Each pipe has its own thread, because Windows can wait for
/// output of an anonymous pipe only by reading from the pipe.
struct Readers {
    captures: [Arc<Mutex<Capture>>; 2],
    /// Channel of the reader threads' errors. The channel closes when both threads have read their
    /// pipes to the end.
    errors: mpsc::Receiver<io::Error>,
}

impl Readers {
    fn new(
        stdout: Option<impl Read + Send + 'static>,
        stderr: Option<impl Read + Send + 'static>,
        [out, err]: [Capture; 2],
    ) -> io::Result<Self> {
        let (sender, errors) = mpsc::channel();
        let stdout = reader("read stdout", stdout, out, sender.clone())?;
        let stderr = reader("read stderr", stderr, err, sender)?;
        Ok(Self { captures: [stdout, stderr], errors })
    }

    /// Waits until both pipes have been read to their ends, at most for `limit`. Returns true if
    /// both pipes have been read to their ends.
    fn end_within(&self, limit: Duration) -> io::Result<bool> {
        match self.errors.recv_timeout(limit) {
            Ok(error) => Err(error),
            Err(mpsc::RecvTimeoutError::Disconnected) => Ok(true),
            Err(mpsc::RecvTimeoutError::Timeout) => Ok(false),
        }
    }

    fn finish(self) -> [Output; 2] {
        self.captures.map(|capture| {
            let mut capture = capture.lock().expect("no reader thread panics");
            // If a reader thread is still running, the thread continues with a new capture that
            // keeps no output.
            mem::replace(&mut *capture, Capture::new(0, None)).finish()
        })
    }
}

/// Starts a thread that reads one pipe to its end, in pieces of bounded size.
fn reader(
    name: &str,
    pipe: Option<impl Read + Send + 'static>,
    capture: Capture,
    errors: mpsc::Sender<io::Error>,
) -> io::Result<Arc<Mutex<Capture>>> {
    /// Size of the read buffer, in bytes. `PIECE` is the capacity of the pipes that `std` creates.
    const PIECE: usize = 64 << 10;
    let capture = Arc::new(Mutex::new(capture));
    let Some(mut pipe) = pipe else { return Ok(capture) };
    let shared = Arc::clone(&capture);
    thread::Builder::new().name(name.into()).spawn(move || {
        let mut piece = vec![0; PIECE];
        loop {
            match pipe.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => {
                    let mut capture =
                        shared.lock().expect("the runner does not panic while it holds the lock");
                    capture.push(&piece[..length]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // Sending fails only if the runner no longer waits for this pipe, so the result
                    // is ignored.
                    let _ = errors.send(error);
                    break;
                }
            }
        }
    })?;
    Ok(capture)
}

/// Returns how a process with this exit code ended. On Windows, a fatal exception is reported as an
/// exit code, which this function maps to the most similar signal.
///
/// The `abort` function of msvcrt exits with status 3, which counts as an exit. The `abort`
/// functions of ucrt and Rust end the process with a fast fail, which counts as SIGABRT.
fn end(code: i32) -> End {
    let signal = match code {
        foundation::STATUS_ACCESS_VIOLATION | foundation::STATUS_STACK_OVERFLOW => Signal::Segv,
        // `STATUS_IN_PAGE_ERROR` means that Windows could not read a page of a mapped file, for
        // which Unix sends SIGBUS.
        foundation::STATUS_IN_PAGE_ERROR | foundation::STATUS_DATATYPE_MISALIGNMENT => Signal::Bus,
        foundation::STATUS_ILLEGAL_INSTRUCTION => Signal::Ill,
        foundation::STATUS_INTEGER_DIVIDE_BY_ZERO
        | foundation::STATUS_INTEGER_OVERFLOW
        | foundation::STATUS_FLOAT_DENORMAL_OPERAND
        | foundation::STATUS_FLOAT_DIVIDE_BY_ZERO
        | foundation::STATUS_FLOAT_INEXACT_RESULT
        | foundation::STATUS_FLOAT_INVALID_OPERATION
        | foundation::STATUS_FLOAT_OVERFLOW
        | foundation::STATUS_FLOAT_STACK_CHECK
        | foundation::STATUS_FLOAT_UNDERFLOW => Signal::Fpe,
        // Windows reports every fast fail as `STATUS_STACK_BUFFER_OVERRUN`, not only a stack buffer
        // overrun.
        foundation::STATUS_STACK_BUFFER_OVERRUN => Signal::Abrt,
        foundation::STATUS_BREAKPOINT => Signal::Trap,
        foundation::STATUS_CONTROL_C_EXIT => Signal::Int,
        code => return End::Exited(code),
    };
    End::Signaled { signal, core: false }
}

/// Returns the signal for which a shell of the target reports the status 128 + `number`. Only the
/// numbers below have the same meaning on all systems that testprog knows.
pub(super) fn signal(number: i32) -> Signal {
    match number {
        1 => Signal::Hup,
        2 => Signal::Int,
        3 => Signal::Quit,
        4 => Signal::Ill,
        5 => Signal::Trap,
        6 => Signal::Abrt,
        8 => Signal::Fpe,
        9 => Signal::Kill,
        11 => Signal::Segv,
        13 => Signal::Pipe,
        14 => Signal::Alrm,
        15 => Signal::Term,
        other => Signal::Number(other),
    }
}

/// Returns a fault with the exception's name, if `end` maps the exit code to a signal.
fn fault(code: i32) -> Option<Fault> {
    matches!(end(code), End::Signaled { .. }).then(|| status::nt_status(code).map(Fault::new))?
}

/// Converts Windows ticks, which are 100 ns long, to a duration.
fn duration(ticks: i64) -> Duration {
    Duration::from_nanos(u64::try_from(ticks).unwrap_or_default().saturating_mul(100))
}

fn max_rss(child: &Child) -> io::Result<u64> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let size = size_of(&counters);
    // SAFETY: `child` keeps the process handle open, and `counters` is writable memory of the type
    // and size that `K32GetProcessMemoryInfo` fills.
    let told = unsafe { K32GetProcessMemoryInfo(child.as_raw_handle(), &raw mut counters, size) };
    match check(told) {
        Ok(()) => Ok(counters.PeakWorkingSetSize as u64),
        // Wine reads memory counters from the host's /proc, which has no entry for a process that
        // has been reaped.
        Err(_) if wine::version().is_some() => Ok(0),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::io::Write as _;
    use std::process::{self, Stdio};

    use super::*;

    /// Environment variable that selects what the test function [`child`] does.
    const ROLE: &str = "TESTPROG_TEST_ROLE";

    /// Runs this test executable as a child with the behavior `role`.
    fn start(role: &str, deadline: Duration) -> Outcome {
        let mut program = Program::new(env::current_exe().unwrap());
        program.args = ["--ignored", "--nocapture", "--exact"].map(Into::into).into();
        let options = Options {
            deadline,
            env: vec![(ROLE.into(), role.into())],
            keep_bytes: 1 << 10,
            ..Options::default()
        };
        crate::spawn::run(&program, "spawn::windows::tests::child", &options).unwrap()
    }

    fn run(role: &str) -> Outcome {
        start(role, Duration::from_secs(60))
    }

    fn grandchild(role: &str) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(env::args_os().skip(1)).env(ROLE, role).stdin(Stdio::null());
        command
    }

    #[test]
    #[ignore = "is the child that the tests start, not a test"]
    #[expect(clippy::zombie_processes, reason = "the runner must kill them")]
    fn child() {
        let long = Duration::from_secs(600);
        match env::var(ROLE).unwrap_or_default().as_str() {
            "answers" => println!("OK"),
            "exits" => process::exit(3),
            "aborts" => process::abort(),
            "faults" => {
                let nowhere = ptr::without_provenance_mut::<u32>(64);
                // SAFETY: nothing is mapped at the address 64, so the volatile write faults and
                // changes no memory.
                unsafe { nowhere.write_volatile(1) }
            }
            "hangs" => thread::sleep(long),
            "floods" => io::stdout().write_all(&vec![b'x'; 8 << 20]).unwrap(),
            "floods for ever" => while io::stdout().write_all(&[b'x'; 4096]).is_ok() {},
            "leaks" => {
                println!("child");
                grandchild("hangs").spawn().unwrap();
            }
            "hangs with a grandchild" => {
                grandchild("hangs").spawn().unwrap();
                thread::sleep(long);
            }
            _ => {}
        }
    }

    fn died(signal: Signal) -> End {
        End::Signaled { signal, core: false }
    }

    #[test]
    fn an_answer_arrives() {
        let outcome = run("answers");
        assert_eq!(outcome.end, End::Exited(0), "{outcome:?}");
        assert!(outcome.stdout.contains("OK\n") && !outcome.leaked, "{outcome:?}");
    }

    #[test]
    fn an_exit_has_its_status() {
        assert_eq!(run("exits").end, End::Exited(3));
    }

    #[test]
    fn a_crash_has_its_signal() {
        assert_eq!(run("aborts").end, died(Signal::Abrt));
        assert_eq!(run("faults").end, died(Signal::Segv));
    }

    #[test]
    fn every_fatal_status_has_its_signal() {
        for (status, signal) in [
            (0xC000_0005_u32, Signal::Segv),
            (0xC000_00FD, Signal::Segv),
            (0xC000_0006, Signal::Bus),
            (0xC000_001D, Signal::Ill),
            (0xC000_0094, Signal::Fpe),
            (0xC000_008E, Signal::Fpe),
            (0xC000_0409, Signal::Abrt),
            (0x8000_0003, Signal::Trap),
            (0xC000_013A, Signal::Int),
        ] {
            assert_eq!(end(i32::from_ne_bytes(status.to_ne_bytes())), died(signal), "{status:#x}");
        }
        assert_eq!(end(3), End::Exited(3));
        assert_eq!(end(-1), End::Exited(-1));
    }

    #[test]
    fn a_hang_ends_at_the_deadline() {
        let outcome = start("hangs", Duration::from_secs(1));
        assert_eq!(outcome.end, End::TimedOut);
        assert!(outcome.wall >= Duration::from_secs(1), "{outcome:?}");
        assert!(outcome.wall < Duration::from_secs(8) && !outcome.leaked, "{outcome:?}");
    }

    #[test]
    fn a_grandchild_does_not_outlive_the_deadline() {
        let outcome = start("hangs with a grandchild", Duration::from_secs(2));
        assert_eq!(outcome.end, End::TimedOut);
        assert!(!outcome.leaked, "{outcome:?}");
    }

    #[test]
    fn a_grandchild_with_the_pipe_is_a_leak_and_is_ended() {
        // The grandchild runs in the child's working directory, so Windows can remove the directory
        // only after the grandchild has ended. If the grandchild still runs, `run` panics.
        let outcome = run("leaks");
        assert_eq!(outcome.end, End::Exited(0));
        assert!(outcome.leaked && outcome.stdout.contains("child\n"), "{outcome:?}");
        assert!(outcome.wall < Duration::from_secs(8), "{outcome:?}");
    }

    #[test]
    fn a_flood_is_bounded() {
        let outcome = run("floods");
        assert_eq!(outcome.end, End::Exited(0));
        assert!(outcome.stdout.dropped > 7 << 20, "{}", outcome.stdout.dropped);
        let outcome = start("floods for ever", Duration::from_secs(1));
        assert_eq!(outcome.end, End::TimedOut);
        assert_eq!((outcome.stdout.head.len(), outcome.stdout.tail.len()), (1 << 10, 1 << 10));
    }

    #[test]
    fn a_pipe_that_stays_open_is_left_behind_with_what_came_out_of_it() {
        /// Pipe that returns one piece of output and then blocks until the channel `until` is
        /// closed.
        struct Held {
            piece: Option<&'static [u8]>,
            until: mpsc::Receiver<()>,
        }
        impl Read for Held {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let Some(piece) = self.piece.take() else {
                    return self.until.recv().map(|()| 0).map_err(io::Error::other);
                };
                buffer[..piece.len()].copy_from_slice(piece);
                Ok(piece.len())
            }
        }
        let (hold, until) = mpsc::channel();
        let stdout = Held { piece: Some(b"OK"), until };
        let readers = Readers::new(
            Some(stdout),
            None::<io::Empty>,
            [16, 16].map(|limit| Capture::new(limit, None)),
        )
        .unwrap();
        assert!(!readers.end_within(Duration::from_millis(200)).unwrap());
        let [stdout, stderr] = readers.finish();
        assert!(stdout.contains("OK") && stderr.is_empty(), "{stdout:?} {stderr:?}");
        drop(hold);
    }
}
