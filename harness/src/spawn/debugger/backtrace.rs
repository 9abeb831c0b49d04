//! Defines a debugger's result: the backtrace, and the process or file that was examined.

/// Backtrace from a debugger, or the reason why there is no backtrace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backtrace {
    /// Process or file that the debugger examined.
    pub of: Subject,
    /// Stack frames as the debugger prints them, or a one-line message that explains why there are
    /// no frames. Consecutive frames of Rust's standard library and of this library are folded into
    /// one line that counts them.
    pub frames: Result<String, String>,
}

/// Process or file that a debugger examines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All threads of the child's processes, at the child's deadline.
    Hang,
    /// Crashed thread in the child's core file.
    CoreFile,
    /// Crashed thread in a second run of the case under the debugger. The runner runs the case a
    /// second time if there is no core file.
    Rerun,
}
