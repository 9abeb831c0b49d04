//! Defines a debugger's result: the backtrace, and the process or file that was examined.

use std::{error, fmt};

/// Backtrace from a debugger, or the reason why there is no backtrace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backtrace {
    /// Process or file that the debugger examined.
    pub of: Subject,
    /// Stack frames as the debugger prints them, or the reason why there are no frames. Consecutive
    /// frames of Rust's standard library and of this library are folded into one line that counts
    /// them.
    pub frames: Result<String, NoFrames>,
}

impl Backtrace {
    pub(super) fn new(of: Subject, frames: Result<String, String>) -> Self {
        Self { of, frames: frames.map_err(NoFrames) }
    }
}

/// Reason why a debugger printed no stack frames, as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoFrames(String);

impl fmt::Display for NoFrames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for NoFrames {}

/// Process or file that a debugger examines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// All threads of the child's processes, at the child's deadline.
    Hang,
    /// Crashed thread in the child's core file.
    CoreFile,
    /// Crashed thread in a second run of the case under the debugger. The runner runs the case a
    /// second time if there is no core file.
    Rerun,
}
