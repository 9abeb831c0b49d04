//! Creates trials (tests of libtest-mimic), and gives each trial a directory. A trial names the
//! tools that its test needs.

pub(crate) mod scratch;
pub(crate) mod tools;

use std::process::ExitCode;
use std::{env, thread};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use self::tools::Missing;

/// Result of a trial.
pub(crate) type Check = Result<(), Stop>;

/// Reason why a trial did not pass.
pub(crate) enum Stop {
    /// The test found a fault.
    Wrong(String),
    /// The computer lacks a tool or a system feature that the test needs.
    Missing(Missing),
}

impl<T: ToString> From<T> for Stop {
    fn from(cause: T) -> Self {
        Self::Wrong(cause.to_string())
    }
}

/// Returns a trial that skips `test` if `missing` returns a missing tool or system feature.
///
/// [`Missing::outcome`] decides whether a trial with a missing tool is ignored or fails. Under
/// nextest, this function calls `missing` before the run, and lists the trial as ignored, because
/// nextest reports a trial that is ignored at run time as passed.
pub(crate) fn trial(
    name: &str,
    missing: impl Fn() -> Option<Missing> + Send + 'static,
    test: impl FnOnce() -> Check + Send + 'static,
) -> Trial {
    let is_asked_for = || env::args().any(|word| word == "--list" || word == name);
    let is_ignored = env::var_os("NEXTEST").is_some()
        && is_asked_for()
        && missing().is_some_and(|missing| missing.outcome().is_ok());
    let run = move || {
        if let Some(missing) = missing() {
            return missing.outcome();
        }
        match scratch::within(test) {
            Ok(()) => Ok(Completion::Completed),
            Err(Stop::Wrong(cause)) => Err(Failed::from(cause)),
            Err(Stop::Missing(missing)) => missing.outcome(),
        }
    };
    Trial::ignorable_test(name, run).with_ignored_flag(is_ignored)
}

/// Runs the trials that the command line of this process selects. Without a flag for the number of
/// threads, `threads` trials run at the same time.
pub(crate) fn run(trials: Vec<Trial>, threads: usize) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(threads);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Returns the number of processor cores of this computer.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
