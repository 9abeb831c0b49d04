//! Runs one child from its start to its end, for the runner. The outcome of a child contains facts,
//! but no verdict.
//!
//! The child gets an empty standard input, a process group of its own, a reduced environment, and
//! an empty working directory. The runner reads the child's output through pipes, so the runner
//! notices a process that keeps a pipe open after the child's end. The runner blocks until the
//! child prints, the child ends, a deadline passes or a second is over. If a wait exceeds its limit
//! by more than 100 ms, the runner was suspended.

mod alarm;
mod artifacts;
mod capture;
mod clock;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod command;
mod control;
mod debugger;
mod environment;
mod error;
mod fault;
mod host;
mod options;
mod outcome;
mod program;
mod quirks;
mod running;
mod scratch;
mod undo;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub use self::artifacts::{Artifacts, NoCoreFile};
pub use self::capture::{Lines, Output};
pub use self::control::Control;
pub use self::debugger::{Backtrace, Debugger, NoDebugger, NoFrames, Subject};
pub use self::error::Error;
pub use self::fault::Fault;
pub(crate) use self::host::private_file;
pub use self::options::Options;
pub use self::outcome::{End, Outcome};
pub use self::program::Program;
pub use self::quirks::{RunnerQuirks, RunnerStatus};
pub use crate::limit::Limit;

/// Whether the runner can keep core files on this system. `HAS_CORE_FILES` is false only on
/// Windows.
pub const HAS_CORE_FILES: bool = host::HAS_CORE_FILES;

/// Exit status of a process that called C's `abort`, or `None` if a signal kills such a process on
/// the runner's system.
pub(crate) const ABORT_STATUS: Option<i32> = host::ABORT_STATUS;

/// Runs `program` with `argument` until the program exits or its deadline passes.
///
/// # Errors
///
/// Returns an error if the child cannot be started, if the system refuses an operation that the
/// runner needs to supervise the child, or if [`Control::interrupt`] ended the child. If the child
/// crashes, fails or times out, `run` returns an [`Outcome`], not an error.
///
/// If the system lacks the processes, descriptors or memory to start the child, `run` tries again
/// when another child of this process has ended. If no other child runs, `run` tries again for at
/// most a second and then returns the error.
pub fn run(program: &Program, argument: &str, options: &Options) -> Result<Outcome, Error> {
    let look = |processes: &[i32]| {
        let debugger = options.debugger.as_ref()?;
        Some(debugger::attach(debugger, program, processes, options.control.as_ref()))
    };
    let is_over = || options.control.as_ref().is_some_and(Control::is_interrupted);
    let mut outcome = running::run(|| system::run(program, argument, options, &look), is_over)?;
    undo::undo(program, &mut outcome, system::signal)?;
    Ok(outcome)
}

/// Raises the soft limit of this process on open files (`RLIMIT_NOFILE`, getrlimit(2)), so that
/// `children` children can run at once. Returns how many children can run at once, which is less
/// than `children` if the hard limit is too low. Each child still gets the soft limit that this
/// process had before the call.
///
/// # Platform specific behavior
///
/// On Windows, `reserve` only returns `children`, because Windows has no limit on open files.
pub fn reserve(children: usize) -> usize {
    system::reserve(children)
}

/// Makes this process a child subreaper (prctl(2)). If a child has killed its supervisor and the
/// guard, the library then also kills processes of the child that have changed their environment
/// and their working directory.
///
/// Only a program that starts no process without this library may call `adopt_orphans`. If a child
/// has killed its supervisor and the guard, the library kills every child process of this process
/// that the library has not started itself.
///
/// # Platform specific behavior
///
/// `adopt_orphans` has an effect only on Linux and Android.
pub fn adopt_orphans() {
    system::adopt_orphans();
}

/// Starts a zygote of `program` for children with these options, unless such a zygote is idle. A
/// zygote is an idle process of the program that forks itself for each child.
///
/// # Errors
///
/// Returns an error if the program cannot be started or cannot serve as a zygote, or if the system
/// is neither Linux nor Android.
pub fn prepare_zygote(program: &Program, options: &Options) -> Result<(), Error> {
    system::prepare_zygote(program, options)
}

/// Examines, with a debugger, a child that a signal killed. Returns the backtrace, and the cause of
/// the signal if the debugger prints the cause. Returns `None` if no signal killed the child.
pub(crate) fn look_at(
    debugger: &Debugger,
    program: &Program,
    argument: &str,
    outcome: &Outcome,
    options: &Options,
) -> Option<(Backtrace, Option<Fault>)> {
    debugger::look_at(debugger, program, argument, outcome, options)
}
