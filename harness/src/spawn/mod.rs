//! The runner's wing: one child, from its start to its end. It states facts and judges nothing.
//!
//! The child gets an empty standard input, a process group of its own, a scrubbed environment and an empty directory of
//! its own to work in. Its output is read through pipes, so that a process that keeps them open after the child's end is
//! noticed. The runner sleeps until something happens; it does not look again and again.

mod capture;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod command;
#[cfg(unix)]
mod core_file;
mod debugger;
mod environment;
mod fault;
mod left;
mod program;
mod scratch;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use self::capture::Capture;
pub use self::capture::Output;
pub use self::debugger::{Backtrace, Debugger, Subject};
pub use self::fault::Fault;
pub use self::left::Left;
pub use self::program::Program;
pub(crate) use self::program::quote;
pub use crate::limit::Limit;
use crate::scenario::Signal;

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
    /// anew: [`ZYGOTE`](crate::protocol::ZYGOTE). Only on Linux and Android.
    pub zygote: bool,
    /// Whether standard error goes where standard output goes, in the order in which the child writes.
    pub merge_output: bool,
    /// Whether its directory stays, with what it left there, for as long as [`Outcome::left`] does.
    pub keep_directory: bool,
    /// How large a core file may be, in bytes, that is taken from its directory into [`Outcome::left`]; `None` for none. What
    /// the system allows is the most, and [`Limit::Core`] counts before it.
    ///
    /// # Platform specific behavior
    ///
    /// A child cannot be started with this where [`HAS_CORE_FILES`] is false.
    pub core_file: Option<u64>,
    /// The debugger that looks at it if it has not ended by its deadline.
    pub debugger: Option<Debugger>,
}

/// Whether this system writes core files: Windows does not.
pub const HAS_CORE_FILES: bool = system::HAS_CORE_FILES;

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
    fn capture(&self) -> Capture {
        Capture::new(self.keep_bytes, self.on_output)
    }

    /// Returns the deadline, or the latest that a clock can surely tell.
    fn deadline(&self) -> Duration {
        const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        self.deadline.min(A_YEAR)
    }
}

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
    /// Whether `stdout` is both, as [`Options::merge_output`] asks for it.
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
    pub left: Left,
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

/// Why a child could not be run to its end.
#[derive(Debug)]
pub struct Error {
    action: &'static str,
    thing: PathBuf,
    cause: String,
}

impl Error {
    fn new(action: &'static str, thing: impl Into<PathBuf>, cause: impl fmt::Display) -> Self {
        Self { action, thing: thing.into(), cause: cause.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {} `{}`: {}", self.action, self.thing.display(), self.cause)
    }
}

impl std::error::Error for Error {}

/// Runs `program` with one argument to its end, or to its deadline.
///
/// # Errors
///
/// The child could not be started, or the system refused what is needed to follow it. What the child did is no error.
pub fn run(program: &Program, argument: &str, options: &Options) -> Result<Outcome, Error> {
    system::run(program, argument, options)
}

/// Starts a process of `program` from which children with these options can be forked, if none waits already.
///
/// # Errors
///
/// The program could not be started, or cannot fork itself.
pub fn prepare_zygote(program: &Program, options: &Options) -> Result<(), Error> {
    system::prepare_zygote(program, options)
}

/// Why there is no zygote, where there is none.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const NO_ZYGOTE: &str = "only on Linux and Android a program can be forked";

/// How long a pipe may stay open after the child's end, until it counts as held by somebody else. A process that ends
/// together with the child needs a moment to be gone.
const LEAK_GRACE: Duration = Duration::from_millis(200);

/// How long a killed child may take to be gone. Only a process stuck in the kernel takes longer, and it is given up.
const KILL_LIMIT: Duration = Duration::from_secs(10);
