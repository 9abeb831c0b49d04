//! Runs a child on Windows, with a [job object](job) that contains it and one thread for each of
//! its two pipes.
//!
//! Windows has no counterpart of SIGTERM for such processes. At the deadline the runner kills the
//! whole job at once and ignores [`Options::grace`](crate::spawn::Options::grace).
//!
//! On Windows a process inherits every inheritable handle, not only three streams. Therefore a
//! process that the child starts usually holds the child's pipes, even if its own output goes
//! elsewhere. A process left behind can therefore be a leak on Windows and none on Unix.
#![expect(unsafe_code, reason = "calls NtResumeProcess, WaitForSingleObject and the like")]

mod job;
mod sys;

use std::fs::File;
use std::io::{self, Read};
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::os::windows::process::CommandExt as _;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use std::{fs, mem, ptr, thread};

use windows_sys::Win32::Foundation::{
    self as foundation, HANDLE, NTSTATUS, WAIT_OBJECT_0, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    GetErrorMode, SEM_FAILCRITICALERRORS, SetErrorMode,
};
use windows_sys::Win32::System::Pipes::CreatePipe;
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, CREATE_SUSPENDED, WaitForSingleObject,
};

use self::job::Job;
use self::sys::{check, millis, size_of};
use super::artifacts::Artifacts;
use super::capture::{Capture, Output};
use super::command::command;
use super::debugger::backtrace::Backtrace;
use super::error::{Error, NO_ZYGOTE};
use super::fault::Fault;
use super::options::{LEAK_GRACE, Options};
use super::outcome::{End, Outcome};
use super::program::Program;
use super::scratch::Scratch;
use crate::scenario::Signal;
use crate::{status, wine};

/// Runs `program` with one argument. At the deadline, calls `look` with the child's process ID.
pub(super) fn run(
    program: &Program,
    argument: &str,
    options: &Options,
    look: &dyn Fn(&[i32]) -> Option<Backtrace>,
) -> Result<Outcome, Error> {
    if options.zygote {
        return Err(
            prepare_zygote(program, options).expect_err("`prepare_zygote` always fails here")
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
    let not_followed = |error: io::Error| Error::new("wait for", &program.path, error);
    // On Windows the directory for temporary files belongs to the user, and new directories in it
    // inherit its access rights.
    let directory = Scratch::new(|path| fs::create_dir(path))?;
    let mut command = command(program, argument, options, directory.path())?;
    hush_loader();
    let job = Job::new().map_err(not_followed)?;
    // The child starts suspended, so that the runner can put it into the job before it runs. (A
    // runner that is killed before it does so leaves one suspended process behind.) The child leads
    // a process group of its own, so Ctrl-C at the console reaches only the runner. For the same
    // reason, a control event that a child sends to its group does not reach the runner.
    command.creation_flags(CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP);
    let merged =
        if options.merge_output { Some(merge(&mut command).map_err(not_followed)?) } else { None };
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| program.not_started(&error))?;
    if let Err(error) = job.adopt(&child) {
        // Outside the job the child would stay suspended forever. The first error is returned,
        // because it says more than a failure to kill the child.
        let _ = child.kill();
        return Err(not_followed(error));
    }

    // From here on, an early return drops the job, which kills every process in it.
    drop(command); // closes its write ends of a merged pipe
    let stdout = child.stdout.take().map(|pipe| File::from(OwnedHandle::from(pipe)));
    let (stdout, stderr) = (merged.or(stdout), child.stderr.take());
    let readers = Readers::new(stdout, stderr, || options.capture()).map_err(not_followed)?;
    resume(&child).map_err(not_followed)?;
    let followed = follow(&job, &child, &readers, start, options, look).map_err(not_followed)?;
    let wall = start.elapsed();
    // The child has ended, so `wait` returns at once. The child's exit code and peak memory stay
    // available while `child` holds its handle.
    let status = child.wait().map_err(not_followed)?;
    let code = status.code().expect("every process on Windows ends with a code");
    let usage = job.usage().map_err(not_followed)?;
    let max_rss = max_rss(&child).map_err(not_followed)?;
    let [stdout, stderr] = readers.finish();
    let (not_removed, left) = match options.keep_directory && directory.is_in_use() {
        true => (None, Some(directory)),
        false => (directory.remove(), None),
    };
    Ok(Outcome {
        end: if followed.timed_out { End::TimedOut } else { end(code) },
        fault: fault(code).filter(|_| !followed.timed_out),
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

/// Returns an error: Windows has no zygotes.
pub(super) fn prepare_zygote(program: &Program, _options: &Options) -> Result<(), Error> {
    Err(Error::new("fork", &program.path, NO_ZYGOTE))
}

/// Sends both output streams of a child to one pipe. Returns the read end.
fn merge(command: &mut Command) -> io::Result<File> {
    const SYSTEM_DEFAULT: u32 = 0;
    let (mut reader, mut writer) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: both pointers lead to writable memory for a handle. The null pointer makes the
    // handles not inheritable.
    let made = unsafe { CreatePipe(&raw mut reader, &raw mut writer, ptr::null(), SYSTEM_DEFAULT) };
    check(made)?;
    // SAFETY: `CreatePipe` has just created this handle, and nothing else owns it.
    let reader = unsafe { OwnedHandle::from_raw_handle(reader) };
    // SAFETY: `CreatePipe` has just created this handle too, and nothing else owns it.
    let writer = unsafe { OwnedHandle::from_raw_handle(writer) };
    command.stdout(writer.try_clone()?).stderr(writer);
    Ok(reader.into())
}

/// Facts about a child that has ended.
struct Followed {
    timed_out: bool,
    leaked: bool,
    backtrace: Option<Backtrace>,
}

/// Waits until the child ends, kills it at its deadline, and leaves no process of its job behind.
fn follow(
    job: &Job,
    child: &Child,
    readers: &Readers,
    start: Instant,
    options: &Options,
    look: &dyn Fn(&[i32]) -> Option<Backtrace>,
) -> io::Result<Followed> {
    let timed_out = !ends_within(child, options.deadline().saturating_sub(start.elapsed()))?;
    let mut backtrace = None;
    if timed_out {
        let pid = i32::try_from(child.id()).ok();
        backtrace = look(pid.as_slice());
        job.end()?;
    }
    let leaked = !readers.end_within(LEAK_GRACE)?;
    // A process that still runs holds the working directory open as well as the pipes.
    job.end()?;
    if leaked {
        // Read the last bytes of processes that the end of the job killed. If a pipe is still open
        // afterwards, a process outside the job holds it. The reader thread then stays, and what it
        // reads is dropped.
        readers.end_within(LEAK_GRACE)?;
    }
    Ok(Followed { timed_out, leaked, backtrace })
}

/// Makes a missing library end a child with an exit status. By default the loader shows a dialog
/// and waits for a click, before the child can turn that off. The runner sets its own error mode
/// permanently, and children inherit it.
fn hush_loader() {
    // SAFETY: `GetErrorMode` takes no arguments and accesses no memory of this process.
    let mode = unsafe { GetErrorMode() };
    // SAFETY: `SetErrorMode` takes only an integer. Threads that call this function at once set the
    // same bit.
    unsafe { SetErrorMode(mode | SEM_FAILCRITICALERRORS) };
}

/// Resumes a suspended child.
///
/// Stable `std` gives no handle of the child's first thread. The documented way to find it is a
/// snapshot of all threads of the machine. In a snapshot, a thread that a virus scanner or a
/// debugger has injected looks like the first thread. `NtResumeProcess` avoids the choice: it
/// resumes every thread of the process once, and leaves running threads alone. The function is
/// undocumented, but `ntdll` has exported it since Windows XP.
fn resume(child: &Child) -> io::Result<()> {
    #[link(name = "ntdll")]
    unsafe extern "system" {
        fn NtResumeProcess(process: HANDLE) -> NTSTATUS;
    }
    // SAFETY: the handle is the child's, and `child` keeps it open.
    let result = unsafe { NtResumeProcess(child.as_raw_handle()) };
    // A negative `NTSTATUS` is an error.
    if result >= 0 {
        return Ok(());
    }
    Err(io::Error::other(format!("NtResumeProcess failed with status {result:#x}")))
}

/// Waits until the child ends, at most for `limit`. Returns true if it has ended.
fn ends_within(child: &Child, limit: Duration) -> io::Result<bool> {
    // SAFETY: the handle is the child's, and `child` keeps it open.
    match unsafe { WaitForSingleObject(child.as_raw_handle(), millis(limit)) } {
        WAIT_OBJECT_0 => Ok(true),
        WAIT_TIMEOUT => Ok(false),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Threads that read a child's output. Each pipe has a thread, because the only way to wait for an
/// anonymous pipe is to read from it.
struct Readers {
    captures: [Arc<Mutex<Capture>>; 2],
    /// Channel that carries the error of a thread that stopped early, and closes when both threads
    /// have read their pipes to the end.
    errors: mpsc::Receiver<io::Error>,
}

impl Readers {
    fn new(
        stdout: Option<impl Read + Send + 'static>,
        stderr: Option<impl Read + Send + 'static>,
        capture: impl Fn() -> Capture,
    ) -> io::Result<Self> {
        let (sender, errors) = mpsc::channel();
        let stdout = reader("read stdout", stdout, capture(), sender.clone())?;
        let stderr = reader("read stderr", stderr, capture(), sender)?;
        Ok(Self { captures: [stdout, stderr], errors })
    }

    /// Waits until both pipes are read to their ends, at most for `limit`. Returns true if they
    /// are.
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
            // A thread that still reads continues with a capture that keeps nothing.
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
    const PIECE: usize = 64 << 10; // as on Unix, and the capacity of the pipes of `std`
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
                    // The error is ignored if the runner no longer waits for this pipe.
                    let _ = errors.send(error);
                    break;
                }
            }
        }
    })?;
    Ok(capture)
}

/// Returns how a process with this exit code ended. On Windows, a fatal exception is an exit code,
/// which maps to the nearest signal.
///
/// The `abort` function of msvcrt exits with status 3, which stays an exit. The `abort` functions
/// of ucrt and Rust end the process with a fast fail.
fn end(code: i32) -> End {
    let signal = match code {
        foundation::STATUS_ACCESS_VIOLATION | foundation::STATUS_STACK_OVERFLOW => Signal::Segv,
        // `STATUS_IN_PAGE_ERROR` means that a mapped file is gone or cannot be read.
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
        // Every fast fail has this status, which once meant only a stack buffer overrun.
        foundation::STATUS_STACK_BUFFER_OVERRUN => Signal::Abrt,
        foundation::STATUS_BREAKPOINT => Signal::Trap,
        foundation::STATUS_CONTROL_C_EXIT => Signal::Int,
        code => return End::Exited(code),
    };
    End::Signaled { signal, core: false }
}

/// Returns the name of the exception, if the exit code maps to a signal.
fn fault(code: i32) -> Option<Fault> {
    matches!(end(code), End::Signaled { .. }).then(|| status::nt_status(code).map(Fault::new))?
}

/// Returns a duration for a number of Windows ticks of 100 ns.
fn duration(ticks: i64) -> Duration {
    Duration::from_nanos(u64::try_from(ticks).unwrap_or_default().saturating_mul(100))
}

fn max_rss(child: &Child) -> io::Result<u64> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let size = size_of(&counters);
    // SAFETY: the handle is the child's, and `counters` is writable memory of the type and size
    // that the call fills.
    let told = unsafe { K32GetProcessMemoryInfo(child.as_raw_handle(), &raw mut counters, size) };
    match check(told) {
        Ok(()) => Ok(counters.PeakWorkingSetSize as u64),
        // Wine reads the host's /proc, which has no entry for a process that has ended and was
        // reaped.
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

    /// Environment variable that selects the behavior of [`child`].
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
                // SAFETY: nothing is mapped at this address, so the volatile write faults and
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
        // The working directory can be removed only when the grandchild, which works in it, is
        // gone. If the grandchild still runs, `run` panics.
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
        /// Pipe that yields one piece and then blocks until `until` is closed.
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
        let readers =
            Readers::new(Some(stdout), None::<io::Empty>, || Capture::new(16, None)).unwrap();
        assert!(!readers.end_within(LEAK_GRACE).unwrap());
        let [stdout, stderr] = readers.finish();
        assert!(stdout.contains("OK") && stderr.is_empty(), "{stdout:?} {stderr:?}");
        drop(hold);
    }
}
