//! Defines what a debugger found out.

/// Backtrace from a debugger, or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backtrace {
    /// What the debugger examined.
    pub of: Subject,
    /// Frames as the debugger prints them, or the reason why there are none, as one line for a
    /// person.
    pub frames: Result<String, String>,
}

/// Process or file that a debugger examines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All threads of a child at its deadline.
    Hang,
    /// The thread that crashed, in the child's core file.
    CoreFile,
    /// The thread that crashed when the case was run again under the debugger. The runner runs the
    /// case again if there is no core file.
    Rerun,
}
