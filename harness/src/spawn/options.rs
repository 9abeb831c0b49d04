//! Defines the options for one child.

use std::ffi::OsString;
use std::time::Duration;

use super::capture::Capture;
use super::debugger::tool::Debugger;
use crate::limit::Limit;

/// Options for one child.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Deadline of the child, counted from its start.
    pub deadline: Duration,
    /// Time between SIGTERM at the deadline and SIGKILL.
    ///
    /// # Platform specific behavior
    ///
    /// Windows has no SIGTERM, so the runner kills the child at its deadline.
    pub grace: Duration,
    /// Extra environment variables. The runner reads the variables that children inherit once, when
    /// the first child starts.
    pub env: Vec<(OsString, OsString)>,
    /// Number of bytes to keep of the beginning, and of the end, of each stream.
    pub keep_bytes: usize,
    /// Function to call with each piece of the child's output as it arrives, from either stream.
    /// The runner does not read on until the function returns.
    pub on_output: Option<fn(&[u8])>,
    /// Resource limits of the child. The child inherits all other limits from the runner, except
    /// that core files are off.
    pub limits: Vec<(Limit, u64)>,
    /// Whether to fork the child from a zygote instead of starting the program; see
    /// [`ZYGOTE_FLAG`](crate::protocol::ZYGOTE_FLAG). Only Linux and Android support this.
    pub zygote: bool,
    /// Whether to send standard error to the same pipe as standard output, which keeps the order of
    /// the child's writes.
    pub merge_output: bool,
    /// Whether to keep the child's directory, with its contents, as long as
    /// [`Outcome::artifacts`](crate::spawn::Outcome::artifacts) is alive.
    pub keep_directory: bool,
    /// Maximum size in bytes of the core file that is moved from the child's directory into
    /// [`Outcome::artifacts`](crate::spawn::Outcome::artifacts). `None` turns core files off. The
    /// system's hard limit caps this size, and [`Limit::Core`] takes precedence over it.
    ///
    /// # Platform specific behavior
    ///
    /// If [`HAS_CORE_FILES`](crate::spawn::HAS_CORE_FILES) is false, a child with this option
    /// cannot be started.
    pub core_file: Option<u64>,
    /// Debugger to attach to the child if it is still running at its deadline.
    pub debugger: Option<Debugger>,
}

impl Default for Options {
    /// Returns a deadline of 60 s, a grace time of 1 s, and 64 KiB of output kept at each end. The
    /// deadline is long because it is meant for hangs, not for speed.
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            grace: Duration::from_secs(1),
            env: Vec::new(),
            keep_bytes: 64 << 10,
            on_output: None,
            limits: Vec::new(),
            zygote: false,
            merge_output: false,
            keep_directory: false,
            core_file: None,
            debugger: None,
        }
    }
}

impl Options {
    pub(super) fn capture(&self) -> Capture {
        Capture::new(self.keep_bytes, self.on_output)
    }

    /// Returns the deadline, at most a year, so that adding it to the current time cannot overflow.
    pub(super) fn deadline(&self) -> Duration {
        const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        self.deadline.min(A_YEAR)
    }
}

/// Time after the child's end in which its pipes must close. A pipe that is still open then is a
/// leak. Processes that end together with the child need a moment to exit.
pub(super) const LEAK_GRACE: Duration = Duration::from_millis(200);

/// Time in which a killed child must be gone. Only a process that is stuck in the kernel takes
/// longer, and the runner then gives up on it.
pub(super) const KILL_LIMIT: Duration = Duration::from_secs(10);
