//! What a debugger found out.

/// What a debugger found out, or why it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backtrace {
    /// What it looked at.
    pub of: Subject,
    /// The frames, as the debugger writes them, or why there are none, in a line for a person.
    pub frames: Result<String, String>,
}

/// What a debugger looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All threads of a child at its deadline.
    Hang,
    /// The thread that crashed, in the child's core file.
    CoreFile,
    /// The thread that crashed when the case was run once more, under the debugger: there was no core file.
    Rerun,
}
