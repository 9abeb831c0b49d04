//! Defines the outcome of a child: how the child ended, and its output and resource usage.

use std::time::Duration;

use super::artifacts::Artifacts;
use super::capture::Output;
use super::debugger::backtrace::Backtrace;
use super::error::Error;
use super::fault::Fault;
use crate::signal::Signal;
use crate::text::one_line;

/// Outcome of a child: facts about its run, without a judgement.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// How the child ended.
    pub end: End,
    /// Output of the child on standard output.
    pub stdout: Output,
    /// Output of the child on standard error. Standard error is empty if `merged` is true.
    pub stderr: Output,
    /// Whether `stdout` contains both output streams, because of
    /// [`Options::merge_output`](crate::spawn::Options::merge_output) or
    /// [`RunnerQuirks::merges`](crate::spawn::RunnerQuirks::merges).
    pub merged: bool,
    /// Whether a process that the child started kept one of the child's output pipes open after the
    /// child's end.
    pub leaked: bool,
    /// Elapsed time from the child's start to its end.
    pub wall: Duration,
    /// Processor time in user mode of the child and of the processes that the child has reaped. On
    /// Windows, `user` is the time of all processes of the child.
    pub user: Duration,
    /// Processor time in kernel mode of the processes that `user` counts.
    pub system: Duration,
    /// Largest resident set of the child, in bytes. `max_rss` is 0 if the system does not report
    /// the resident set, as under Wine.
    pub max_rss: u64,
    /// Error of the removal of the child's directory, if the removal failed.
    pub not_removed: Option<Error>,
    /// Reason why a process that the child started may still be running. Possible reasons are that
    /// the process belongs to another user, or that the system refuses to make the child's
    /// supervisor a child subreaper.
    ///
    /// # Platform specific behavior
    ///
    /// On systems other than Linux and Android, `not_killed` is always `None`.
    pub not_killed: Option<Error>,
    /// State of each thread of the child at 80% of the deadline, one line per thread. `hang` is
    /// `None` unless the child timed out on Linux or Android.
    pub hang: Option<String>,
    /// Backtrace from a debugger, if the options name a debugger.
    pub backtrace: Option<Backtrace>,
    /// Cause of the signal that killed the child, if the cause is known.
    ///
    /// # Platform specific behavior
    ///
    /// On Windows, `fault` is set for every child that a fatal exception ended. On Linux, the cause
    /// comes from a debugger, or `cargo testprog` reads the cause from the core file. On systems
    /// other than Linux and Windows, `fault` is `None`.
    pub fault: Option<Fault>,
    /// Directory and core file of the child, if the options request them.
    pub artifacts: Artifacts,
}

impl Outcome {
    /// Returns what the child has left behind, as lines without line feeds: a process that the
    /// runner could not kill, and a directory that the runner could not remove.
    pub fn left_behind(&self) -> Vec<String> {
        let left = [&self.not_killed, &self.not_removed];
        left.into_iter().flatten().map(|error| one_line(&error.to_string())).collect()
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The process exited with this status.
    Exited(i32),
    /// A signal killed the process.
    #[non_exhaustive]
    Signaled {
        /// The signal.
        signal: Signal,
        /// Whether the system reports that it has written a core file (`WCOREDUMP`, wait(2)).
        core: bool,
    },
    /// The process was still running at its deadline, and the runner killed it.
    TimedOut,
}
