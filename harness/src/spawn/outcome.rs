//! What a child did.

use std::path::PathBuf;
use std::time::Duration;

use super::artifacts::Artifacts;
use super::capture::Output;
use super::debugger::backtrace::Backtrace;
use super::fault::Fault;
use crate::scenario::Signal;

/// What a child did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// How its process ended.
    pub end: End,
    /// What it printed to standard output.
    pub stdout: Output,
    /// What it printed to standard error; nothing where that is in `stdout`.
    pub stderr: Output,
    /// Whether `stdout` is both, as [`Options::merge_output`](crate::spawn::Options::merge_output) asks for it.
    pub merged: bool,
    /// Whether something that it started still held its output open after its end.
    pub leaked: bool,
    /// From start to end.
    pub wall: Duration,
    /// Processor time of the child, and of those of its children that it waited for, outside the kernel.
    pub user: Duration,
    /// The same, inside the kernel.
    pub system: Duration,
    /// The largest resident set, in bytes.
    pub max_rss: u64,
    /// Its directory, if it could not be removed.
    pub not_removed: Option<PathBuf>,
    /// What its threads were doing shortly before the deadline, where the system tells; one line each.
    pub hang: Option<String>,
    /// What a debugger said of it, if one was asked.
    pub backtrace: Option<Backtrace>,
    /// What the system has recorded about the signal that killed it, where that is known.
    ///
    /// # Platform specific behavior
    ///
    /// On Windows it always is. On Linux the system writes it into a core file, which a debugger reads, and so does
    /// `cargo testprog`. Elsewhere it is not known.
    pub fault: Option<Fault>,
    /// What it left behind, where it is to be kept.
    pub artifacts: Artifacts,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It exited with this status.
    Exited(i32),
    /// A signal killed it.
    Signaled {
        /// Which one.
        signal: Signal,
        /// Whether the system says that it wrote a core file.
        core: bool,
    },
    /// It had not ended by its deadline, and the runner ended it.
    TimedOut,
}
