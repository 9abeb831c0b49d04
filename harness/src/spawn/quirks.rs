//! Describes what a runner command, such as an emulator or a serial console, changes in a child's
//! output and exit status.

/// Changes that a runner command makes to a child's output and exit status.
///
/// [`run`](crate::spawn::run) undoes the changes, so an [`Outcome`](crate::spawn::Outcome) describes
/// the child instead of the runner command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunnerQuirks {
    /// Whether the runner command writes both output streams to the same stream. If `merges` is
    /// true, [`Outcome::merged`](crate::spawn::Outcome::merged) is true.
    pub merges: bool,
    /// Whether the runner command ends lines with CRLF. If `crlf` is true,
    /// [`run`](crate::spawn::run) replaces each CRLF by LF.
    pub crlf: bool,
    /// How the runner command passes on the child's exit status.
    pub status: RunnerStatus,
}

/// How a runner command passes on the exit status of a child.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunnerStatus {
    /// The runner command ends in the same way as the child: with the same exit status, or by the
    /// same signal.
    #[default]
    Exact,
    /// The runner command exits with the status that a shell would report: 128 + *n* if signal *n*
    /// killed the child.
    Shell,
    /// The runner command prints the status that a shell would report in its last line, which is
    /// `status: N`.
    Line,
    /// The runner command does not pass on the status. [`run`](crate::spawn::run) reports each end
    /// except a timeout as status 0.
    Lost,
}
