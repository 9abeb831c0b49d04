//! The runner's wing: one child, from its start to its end. It states facts and judges nothing.
//!
//! The child gets an empty standard input, a process group of its own, a scrubbed environment and an empty directory of
//! its own to work in. Its output is read through pipes, so that a process that keeps them open after the child's end is
//! noticed. The runner sleeps until something happens; it does not look again and again.

mod artifacts;
mod capture;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod command;
mod debugger;
mod environment;
mod error;
mod fault;
mod host;
mod options;
mod outcome;
mod program;
mod scratch;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::ffi::OsString;

pub use self::artifacts::Artifacts;
pub use self::capture::Output;
pub use self::debugger::{Backtrace, Debugger, Subject};
pub use self::error::Error;
pub use self::fault::Fault;
pub use self::options::Options;
pub use self::outcome::{End, Outcome};
pub use self::program::Program;
pub use crate::limit::Limit;

/// Whether this system writes core files: Windows does not.
pub const HAS_CORE_FILES: bool = host::HAS_CORE_FILES;

/// Runs `program` with one argument to its end, or to its deadline.
///
/// # Errors
///
/// The child could not be started, or the system refused what is needed to follow it. What the child did is no error.
pub fn run(program: &Program, argument: &str, options: &Options) -> Result<Outcome, Error> {
    let look = |processes: &[i32]| {
        let debugger = options.debugger.as_ref()?;
        Some(debugger::attach(debugger, program, processes))
    };
    system::run(program, argument, options, &look)
}

/// Starts a process of `program` from which children with these options can be forked, if none waits already.
///
/// # Errors
///
/// The program could not be started, or cannot fork itself.
pub fn prepare_zygote(program: &Program, options: &Options) -> Result<(), Error> {
    system::prepare_zygote(program, options)
}

/// Has the debugger look at a child that was killed by a signal. Returns what it says of the fault, too.
pub(crate) fn look_at(
    debugger: &Debugger,
    program: &Program,
    argument: &str,
    outcome: &Outcome,
    env: &[(OsString, OsString)],
) -> Option<(Backtrace, Option<Fault>)> {
    debugger::look_at(debugger, program, argument, outcome, env)
}
