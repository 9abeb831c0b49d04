//! Defines the outcome of a child.

use std::time::Duration;

use super::artifacts::Artifacts;
use super::capture::Output;
use super::debugger::backtrace::Backtrace;
use super::error::Error;
use super::fault::Fault;
use crate::scenario::Signal;

/// Outcome of a child: facts about its run, without a judgement.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// How the child ended.
    pub end: End,
    /// Output of the child on standard output.
    pub stdout: Output,
    /// Output of the child on standard error. Empty if `merged` is true.
    pub stderr: Output,
    /// Whether `stdout` holds both streams, as
    /// [`Options::merge_output`](crate::spawn::Options::merge_output) asks for it.
    pub merged: bool,
    /// Whether a process that the child started still held the child's output open after the
    /// child's end.
    pub leaked: bool,
    /// Elapsed time from the child's start to its end.
    pub wall: Duration,
    /// Processor time in user mode, of the child and of the children that it waited for. On
    /// Windows, processor time in user mode of all processes of the child.
    pub user: Duration,
    /// Processor time in kernel mode, of the same processes as `user`.
    pub system: Duration,
    /// Largest resident set of the child, in bytes. 0 if the system does not report it, as under
    /// Wine.
    pub max_rss: u64,
    /// Why the child's directory could not be removed.
    pub not_removed: Option<Error>,
    /// Why a process that the child started may still be running. For example, the process belongs
    /// to another user, or the system refuses to make the child's supervisor a child subreaper.
    ///
    /// # Platform specific behavior
    ///
    /// Only Linux and Android report it.
    pub not_killed: Option<Error>,
    /// Report of what the child's threads were doing at 80% of the deadline, one line per thread.
    /// The report exists only on Linux and Android, and only for a child that timed out.
    pub hang: Option<String>,
    /// Backtrace from a debugger, if the options ask for one.
    pub backtrace: Option<Backtrace>,
    /// Cause of the signal that killed the child, if it is known.
    ///
    /// # Platform specific behavior
    ///
    /// On Windows the cause is always known. On Linux the cause is in the core file, from which a
    /// debugger or `cargo testprog` reads it. On other systems the cause is not known.
    pub fault: Option<Fault>,
    /// Files of the child that the options ask to keep.
    pub artifacts: Artifacts,
}

/// End of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The process exited with this status.
    Exited(i32),
    /// A signal killed the process.
    Signaled {
        /// The signal.
        signal: Signal,
        /// Whether the system reports that it wrote a core file (`WCOREDUMP`, wait(2)).
        core: bool,
    },
    /// The process was still running at its deadline, and the runner killed it.
    TimedOut,
}
