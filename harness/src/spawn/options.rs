//! Defines the options for one child.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use super::capture::{Capture, Lines, Teller};
use super::control::Control;
use super::debugger::tool::Debugger;
use super::error::Error;
use crate::limit::Limit;

/// Options for one child.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "the options are independent of each other")]
pub struct Options {
    /// Deadline of the child, counted from its start.
    pub deadline: Duration,
    /// Time between SIGTERM at the deadline and SIGKILL.
    ///
    /// # Platform specific behavior
    ///
    /// On Windows, the runner ignores `grace` and kills the child at its deadline, because Windows
    /// has no SIGTERM.
    pub grace: Duration,
    /// Time after the child's end within which the child's output pipes must close. A pipe that is
    /// still open after the leak timeout counts as a leak. On Linux, the runner extends the leak
    /// timeout if more threads are ready to run than the computer has processors.
    pub leak_timeout: Duration,
    /// Extra environment variables of the child. Extra variables take precedence over the variables
    /// that the child inherits from the runner.
    ///
    /// From the runner's environment, a child inherits only the variables of the following table.
    /// The runner reads its environment only once, when the first child starts.
    ///
    /// | variables | used by |
    /// |---|---|
    /// | `HOME`, `LOGNAME`, `PATH`, `SSH_AUTH_SOCK`, `USER` | programs on Unix |
    /// | `LD_LIBRARY_PATH`, `LIBRARY_PATH`, `DYLD_LIBRARY_PATH`, `DYLD_FALLBACK_LIBRARY_PATH` | the dynamic loader |
    /// | `APPDATA`, `COMSPEC`, `LOCALAPPDATA`, `PATHEXT`, `PROGRAMDATA`, `SYSTEMDRIVE`, `SYSTEMROOT`, `USERNAME`, `USERPROFILE`, `WINDIR` | programs on Windows |
    /// | `ASAN_OPTIONS`, `HWASAN_OPTIONS`, `LSAN_OPTIONS`, `MSAN_OPTIONS`, `RTSAN_OPTIONS`, `TSAN_OPTIONS`, `UBSAN_OPTIONS` | sanitizers |
    /// | `LLVM_PROFILE_FILE` (with a relative path made absolute), `GCOV_PREFIX`, `GCOV_PREFIX_STRIP` | coverage |
    /// | `RUST_BACKTRACE`, `RUST_LIB_BACKTRACE`, `RUST_LOG` | Rust programs |
    /// | `GLIBC_TUNABLES` | glibc |
    /// | names that begin with `QEMU_` or `WINE` | emulators |
    /// | `TESTPROG_SOAK_SECONDS`, `TESTPROG_WHOLE_WALK` | scenarios that can run longer |
    ///
    /// The runner sets `TMPDIR`, `TMP` and `TEMP` to the child's empty directory.
    pub env: Vec<(OsString, OsString)>,
    /// Arguments of the child after the scenario's name.
    pub args: Vec<OsString>,
    /// Whether the child does not get the scenario's name as an argument. If `omit_name` is true,
    /// the name only labels the child's output.
    pub omit_name: bool,
    /// Working directory of the child, which must exist. If the value is `None`, the child starts
    /// in an empty directory, which the runner removes afterwards. If the path is relative, it
    /// starts at the runner's working directory.
    pub working_directory: Option<PathBuf>,
    /// Number of bytes to keep of the beginning of each output stream, and of the end of each
    /// output stream.
    pub keep_bytes: usize,
    /// Function that the runner calls with the lines of either stream as soon as they arrive. The
    /// runner reads no further output of the child until the function returns.
    pub on_output: Option<fn(&Lines<'_>)>,
    /// Resource limits of the child. The child inherits all other limits from the runner, except
    /// that the runner turns core files off.
    pub limits: Vec<(Limit, u64)>,
    /// Whether to fork the child from a zygote instead of starting the program; see
    /// [`ZYGOTE_FLAG`](crate::protocol::ZYGOTE_FLAG). Only Linux and Android support zygotes. A
    /// child with arguments, without its scenario's name or with a working directory of its own is
    /// always started.
    pub zygote: bool,
    /// Whether to redirect standard error to the pipe of standard output. One common pipe keeps the
    /// order of the child's writes.
    pub merge_output: bool,
    /// Whether to keep the child's directory and the files in the directory as long as
    /// [`Outcome::artifacts`](crate::spawn::Outcome::artifacts) is alive.
    pub keep_directory: bool,
    /// Maximum size in bytes of the core file that is moved from the child's directory into
    /// [`Outcome::artifacts`](crate::spawn::Outcome::artifacts). `None` turns core files off. The
    /// system's hard limit caps this maximum size, and [`Limit::Core`] takes precedence over
    /// `core_file`.
    ///
    /// # Platform specific behavior
    ///
    /// If [`HAS_CORE_FILES`](crate::spawn::HAS_CORE_FILES) is false, a child with this option
    /// cannot be started.
    pub core_file: Option<u64>,
    /// Debugger to attach to the child if the child is still running at its deadline.
    pub debugger: Option<Debugger>,
    /// Handle with which another thread ends or suspends the child.
    pub control: Option<Control>,
    /// Whether the runner returns the outcome of a child that an interrupt has ended, instead of an
    /// error. A child that handles SIGTERM can print its results before it exits.
    ///
    /// # Platform specific behavior
    ///
    /// `keep_interrupted` has no effect on Windows.
    pub keep_interrupted: bool,
    /// Whether the child's output goes through a socket instead of a pipe, so that no other process
    /// can open the output in /proc/PID/fd and write to it.
    ///
    /// # Platform specific behavior
    ///
    /// `by_socket` has an effect only on Linux and Android.
    pub by_socket: bool,
}

impl Default for Options {
    /// Returns options with a deadline of 60 s, a grace time of 1 s, a leak timeout of 200 ms, and
    /// 64 KiB of output kept at each end. The default deadline is long, because a deadline should
    /// stop a child that hangs, but not a child that is slow.
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            grace: Duration::from_secs(1),
            // The leak timeout is not zero, because processes that end together with the child need
            // a moment to exit.
            leak_timeout: Duration::from_millis(200),
            env: Vec::new(),
            args: Vec::new(),
            omit_name: false,
            working_directory: None,
            keep_bytes: 64 << 10,
            on_output: None,
            limits: Vec::new(),
            zygote: false,
            merge_output: false,
            keep_directory: false,
            core_file: None,
            debugger: None,
            control: None,
            keep_interrupted: false,
            by_socket: false,
        }
    }
}

impl Options {
    /// Returns the argument that the child gets, which is `name` unless the options omit the name.
    pub(super) fn argument<'a>(&self, name: &'a str) -> Option<&'a OsStr> {
        (!self.omit_name).then(|| OsStr::new(name))
    }

    /// Returns the collectors of a child's standard output and standard error.
    pub(super) fn captures(&self, argument: &str) -> [Capture; 2] {
        let stdout = if self.merge_output { "output" } else { "stdout" };
        [stdout, "stderr"].map(|stream| {
            let teller = self.on_output.map(|tell| Teller::new(tell, argument, stream));
            Capture::new(self.keep_bytes, teller)
        })
    }

    /// Returns true if the child is to be forked from a zygote. A child with arguments or a working
    /// directory of its own cannot be forked, because a zygote's forks have the zygote's arguments
    /// and working directory.
    #[cfg(unix)]
    pub(super) fn forks(&self) -> bool {
        self.zygote && !self.omit_name && self.args.is_empty() && self.working_directory.is_none()
    }

    /// Returns the absolute path of the child's own working directory, if the options name one.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory does not exist.
    pub(super) fn working_directory(&self) -> Result<Option<PathBuf>, Error> {
        let Some(directory) = &self.working_directory else { return Ok(None) };
        let enter = |error: io::Error| Error::new("enter", directory, error);
        let absolute = std::path::absolute(directory).map_err(enter)?;
        if !fs::metadata(&absolute).map_err(enter)?.is_dir() {
            return Err(enter(io::ErrorKind::NotADirectory.into()));
        }
        Ok(Some(absolute))
    }

    /// Returns the deadline, but at most one year, so that adding the deadline to the time of a
    /// child cannot overflow.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline.min(A_YEAR)
    }

    /// Returns the grace time, but at most one year, so that adding the grace time to the time of a
    /// child cannot overflow.
    #[cfg(unix)]
    pub(super) fn grace(&self) -> Duration {
        self.grace.min(A_YEAR)
    }

    /// Returns the leak timeout, but at most one year, so that adding the leak timeout to the time
    /// of a child cannot overflow.
    pub(super) fn leak_timeout(&self) -> Duration {
        self.leak_timeout.min(A_YEAR)
    }
}

/// Maximum of each time in [`Options`], which keeps sums of times from overflowing.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Time within which a killed child must end. Only a process that is stuck in the kernel takes
/// longer, and the runner stops waiting for such a process.
pub(super) const KILL_LIMIT: Duration = Duration::from_secs(10);
