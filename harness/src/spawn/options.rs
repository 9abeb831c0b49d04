//! How one child is run.

use std::ffi::OsString;
use std::time::Duration;

use super::capture::Capture;
use super::debugger::tool::Debugger;
use crate::limit::Limit;

/// How one child is run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How long it may run.
    pub deadline: Duration,
    /// How long it may go on after it was asked to end (SIGTERM), before it is killed.
    pub grace: Duration,
    /// What it finds in its environment, beside what the runner passes on of its own: that is as it was when the runner
    /// started its first child.
    pub env: Vec<(OsString, OsString)>,
    /// How many bytes of the beginning, and of the end, are kept of each stream.
    pub keep_bytes: usize,
    /// Called with each piece of what the child prints, on either stream, as it comes. The child waits for it.
    pub on_output: Option<fn(&[u8])>,
    /// What it may use of the system; anything not named here is as the runner has it, but core files are off.
    pub limits: Vec<(Limit, u64)>,
    /// Whether it is forked from a process of the program that waits at the beginning of its `main`, instead of being started
    /// anew: [`ZYGOTE`](crate::protocol::ZYGOTE_FLAG). Only on Linux and Android.
    pub zygote: bool,
    /// Whether standard error goes where standard output goes, in the order in which the child writes.
    pub merge_output: bool,
    /// Whether its directory stays, with what it left there, for as long as [`Outcome::artifacts`](crate::spawn::Outcome::artifacts) does.
    pub keep_directory: bool,
    /// How large a core file may be, in bytes, that is taken from its directory into [`Outcome::artifacts`](crate::spawn::Outcome::artifacts); `None` for none. What
    /// the system allows is the most, and [`Limit::Core`] counts before it.
    ///
    /// # Platform specific behavior
    ///
    /// A child cannot be started with this where [`HAS_CORE_FILES`](crate::spawn::HAS_CORE_FILES) is false.
    pub core_file: Option<u64>,
    /// The debugger that looks at it if it has not ended by its deadline.
    pub debugger: Option<Debugger>,
}

impl Default for Options {
    /// A deadline of 60 seconds, which is for hangs and not for speed, and 64 KiB of output at each end.
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

    /// Returns the deadline, or the latest that a clock can surely tell.
    pub(super) fn deadline(&self) -> Duration {
        const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        self.deadline.min(A_YEAR)
    }
}

/// How long a pipe may stay open after the child's end, until it counts as held by somebody else. A process that ends
/// together with the child needs a moment to be gone.
pub(super) const LEAK_GRACE: Duration = Duration::from_millis(200);

/// How long a killed child may take to be gone. Only a process stuck in the kernel takes longer, and it is given up.
pub(super) const KILL_LIMIT: Duration = Duration::from_secs(10);
