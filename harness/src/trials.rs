//! Turns cases into trials (tests of libtest-mimic), so that `cargo test` and cargo-nextest list,
//! filter and run the cases.

use std::fmt::{self, Display};
use std::io::{self, Write as _};
#[cfg(feature = "manifest")]
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{env, error, hint};

pub use libtest_mimic;
use libtest_mimic::{Completion, Failed, Trial};

use crate::child::{self, CHILD_FLAG};
use crate::command_line::CommandLine;
#[cfg(feature = "manifest")]
use crate::manifest::{self, Manifest};
use crate::protocol::{self, Case, Gate};
use crate::report;
use crate::scenario::Scenario;
use crate::spawn::{self, Lines, Program};
use crate::suite::{self, Settings, Suite};
use crate::text::{one_line, seconds};
use crate::variables::{self, settings};
use crate::verdict::Verdict;

pub use crate::variables::MAY_LACK;

/// Runs every case of `program` as a trial. This process accepts the arguments of libtest.
///
/// The `main` of a test target with `harness = false` only needs to call this function:
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use testprog_harness::Program;
///
/// # const CHILD: &str = "target/debug/child";
/// fn main() -> ExitCode {
///     // In a package with a binary `child`: env!("CARGO_BIN_EXE_child").
///     testprog_harness::trials::run(Program::of_this_target(CHILD))
/// }
/// ```
pub fn run(program: Program) -> ExitCode {
    run_with(program, |_| {})
}

/// Works like [`run`], but first calls `configure`, which can change the settings for all cases.
pub fn run_with(program: Program, configure: impl FnOnce(&mut Settings)) -> ExitCode {
    run_cases(configure, |settings, _| Suite::load_with(program, settings).map_err(Error::List))
}

/// Runs the cases of the suite that `load` returns as trials. `load` gets the settings, and whether
/// this process only lists the cases.
fn run_cases(
    configure: impl FnOnce(&mut Settings),
    load: impl FnOnce(&Settings, bool) -> Result<Suite, Error>,
) -> ExitCode {
    let command_line = match CommandLine::of_this_process() {
        Ok(command_line) => command_line,
        Err(error) => return fail(error),
    };
    let times = Times::default();
    let is_list = command_line.arguments.list;
    let load = |settings: &Settings| load(settings, is_list);
    let mut trials = match trials_of(load, command_line.is_live(), &times, configure) {
        Ok(trials) => trials,
        Err(error) => return fail(error),
    };
    let arguments = command_line.select(&mut trials);
    if let (Some(seed), false) = (command_line.seed, arguments.list) {
        // The seed is on standard error, because standard output may be JSON. If standard error is
        // closed, nobody reads the seed, so the error is ignored.
        let _ = writeln!(io::stderr(), "order of the tests: --shuffle-seed {seed}");
    }
    if let Some(threads) = arguments.test_threads {
        spawn::reserve(threads.min(trials.len()));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if command_line.report_time {
        let _ = io::stderr().write_all(times.report().as_bytes());
    }
    conclusion.exit_code()
}

/// Runs every case of the manifest at `path` as a trial. This process accepts the arguments of
/// libtest.
///
/// The programs of the manifest are built before the first case runs. cargo-nextest starts this
/// process for each case, so under cargo-nextest the programs are built when cargo-nextest lists
/// the cases.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     testprog_harness::trials::manifest("tests/plain.toml")
/// }
/// ```
#[cfg(feature = "manifest")]
pub fn manifest(path: impl AsRef<Path>) -> ExitCode {
    manifest_with(path, |_| {})
}

/// Works like [`manifest()`], but first calls `configure`, which can change the settings for all
/// cases.
#[cfg(feature = "manifest")]
pub fn manifest_with(path: impl AsRef<Path>, configure: impl FnOnce(&mut Settings)) -> ExitCode {
    run_cases(configure, |_, is_list| {
        let manifest = Manifest::read(path.as_ref()).map_err(Error::Manifest)?;
        // cargo-nextest sets NEXTEST_RUN_ID only when it runs a case
        // (<https://nexte.st/docs/configuration/env-vars/>).
        let has = |name| env::var_os(name).is_some();
        let builds = if has("NEXTEST") { !has("NEXTEST_RUN_ID") } else { !is_list };
        manifest.prepare(|_| builds).map_err(Error::Manifest)
    })
}

/// Runs these scenarios as trials, each in a new process of this executable.
///
/// The macro [`main!`](crate::main) defines a `main` that calls this function, and also checks the
/// test target.
///
/// The executable is both runner and child. With [`CHILD_FLAG`] as its first argument, the
/// executable is the child. With other arguments, the executable is the runner and accepts the
/// arguments of libtest. For an example, see `tests/self_exec.rs` in this project's repository.
pub fn self_exec(scenarios: &[Scenario]) -> ExitCode {
    self_exec_with(scenarios, |_| {})
}

/// Works like [`self_exec`], but the runner first calls `configure`, which can change the settings
/// for all cases. The function `configure` can add a set-up or environment variables:
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use testprog_harness::Scenario;
/// use testprog_harness::suite::SetUp;
///
/// fn main() -> ExitCode {
///     let scenarios = [Scenario::new("reads_the_model", || {
///         std::fs::read(std::env::var("MODEL").unwrap_or_default()).map(drop)
///     })];
///     testprog_harness::trials::self_exec_with(&scenarios, |settings| {
///         settings.set_up = Some(SetUp::new(|children| {
///             let path = std::path::absolute("model.bin")?;
///             std::fs::write(&path, "weights")?;
///             children.env("MODEL", path);
///             Ok::<(), std::io::Error>(())
///         }));
///     })
/// }
/// ```
pub fn self_exec_with(scenarios: &[Scenario], configure: impl FnOnce(&mut Settings)) -> ExitCode {
    // Use `NOTE`, so that the linker keeps its text in the executable.
    hint::black_box(protocol::NOTE);
    let mut arguments = env::args_os().skip(1).peekable();
    if arguments.next_if(|first| first == CHILD_FLAG).is_some() {
        return child::answer(scenarios, arguments);
    }
    match env::current_exe() {
        Ok(path) => run_with(Program::of_this_target(path).args([CHILD_FLAG]), configure),
        Err(error) => fail(format!("failed to find the path of this executable: {error}")),
    }
}

/// Returns a trial for each case of `program`, for a `main` that adds trials of its own.
///
/// # Errors
///
/// Returns an error if the program's cases cannot be listed, or if the variable
/// [`DEADLINE_SCALE`](suite::DEADLINE_SCALE) is not a number above 0.
pub fn trials(program: Program) -> Result<Vec<Trial>, Error> {
    let load = |settings: &Settings| Suite::load_with(program, settings).map_err(Error::List);
    trials_of(load, variables::is_live(), &Times::default(), |_| {})
}

/// Error that kept all cases of a program from running as trials.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The program's cases could not be listed.
    List(suite::Error),
    /// The manifest could not be read.
    #[cfg(feature = "manifest")]
    Manifest(manifest::Error),
    /// An environment variable has a value that cannot be used.
    Variable(variables::Error),
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(error) => error.fmt(f),
            #[cfg(feature = "manifest")]
            Self::Manifest(error) => error.fmt(f),
            Self::Variable(error) => error.fmt(f),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::List(error) => error.source(),
            #[cfg(feature = "manifest")]
            Self::Manifest(error) => error.source(),
            Self::Variable(error) => error.source(),
        }
    }
}

fn trials_of(
    load: impl FnOnce(&Settings) -> Result<Suite, Error>,
    is_live: bool,
    times: &Times,
    configure: impl FnOnce(&mut Settings),
) -> Result<Vec<Trial>, Error> {
    let mut settings = settings().map_err(Error::Variable)?;
    settings.on_output = is_live.then_some(show);
    configure(&mut settings);
    let suite = load(&settings)?.with_absolute_paths();
    for message in suite.left_behind() {
        // If standard error is closed, nobody reads the message, so the error is ignored.
        let _ = writeln!(io::stderr(), "{message}");
    }
    let (suite, settings) = (Arc::new(suite), Arc::new(settings));
    Ok(suite.cases.iter().map(|case| trial(case, &suite, &settings, times)).collect())
}

/// Copies lines of a child's output to standard error.
fn show(lines: &Lines<'_>) {
    // If standard error is closed, nobody reads the copy, so the error is ignored.
    let _ = io::stderr().write_all(report::lines(lines).as_bytes());
}

fn trial(case: &Case, suite: &Arc<Suite>, settings: &Arc<Settings>, times: &Times) -> Trial {
    // cargo-nextest reports a trial as skipped only if the trial is listed as ignored;
    // cargo-nextest reports a trial that skips while it runs as PASS. A trial whose `SKIP` is not
    // accepted is not listed as ignored, because such a trial must run and fail.
    let accepted = |gate: &Gate| {
        settings.may_lack.as_ref().is_none_or(|names| names.contains(&gate.capability))
    };
    let ignored = case.gate.as_ref().is_some_and(accepted) && env::var_os("NEXTEST").is_some();
    let ignored = ignored || (case.long && variables::is_short());
    // Neither `ok` nor cargo-nextest's PASS shows that a case has a known bug, so the line of the
    // trial names the known bug.
    let kind = if case.known_bug.is_some() { "known bug" } else { "" };
    let (name, case) = (case.name.clone(), case.clone());
    let (suite, settings, times) = (Arc::clone(suite), Arc::clone(settings), times.clone());
    Trial::ignorable_test(name, move || {
        let trial = suite.run(&case, &settings);
        times.add(&case.name, &trial);
        match &trial.verdict {
            // A stale gate (a case that passes although a capability is said to be missing) fails
            // the trial only if `TESTPROG_MAY_LACK` is set. If `TESTPROG_MAY_LACK` is not set, the
            // trial passes, as in a run of `cargo testprog` without `--strict`.
            Verdict::Stale(_) if settings.may_lack.is_none() => Ok(Completion::Completed),
            Verdict::Pass { .. } => Ok(Completion::Completed),
            Verdict::Unsupported(_) | Verdict::Xfail { .. } => {
                Ok(Completion::ignored_with(report::trial_reason(&trial)))
            }
            _ => {
                let text = report::failure(suite.program_of(&case), &case, &trial, &settings);
                Err(Failed::from(text.trim_end()))
            }
        }
    })
    .with_kind(kind)
    .with_ignored_flag(ignored)
}

/// Times of the cases that have run, which all trials of a run share.
#[derive(Clone, Debug, Default)]
struct Times(Arc<Mutex<Vec<(String, Duration)>>>);

impl Times {
    fn add(&self, name: &str, trial: &suite::Trial) {
        if let Some(outcome) = &trial.outcome {
            let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            times.push((name.to_owned(), outcome.wall));
        }
    }

    /// Returns one line for each case, with the slowest case first.
    fn report(&self) -> String {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.sort_by(|(a, slow), (b, quick)| quick.cmp(slow).then_with(|| a.cmp(b)));
        let line = |(name, wall): &(String, Duration)| {
            format!("time {} {}\n", seconds(*wall), one_line(name))
        };
        times.iter().map(line).collect()
    }
}

/// Prints an error that kept all cases from running, and returns the exit status of a usage error.
pub(crate) fn fail(error: impl Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(protocol::USAGE_STATUS)
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_error_has_the_source_of_the_error_that_it_contains() {
        let program = Program::new("/no/such/program");
        let error = Error::List(Suite::load(program).unwrap_err());
        let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
        assert_eq!(source.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().starts_with("failed to start `/no/such/program`: "), "{error}");
    }

    #[cfg(feature = "manifest")]
    #[test]
    fn the_error_of_a_manifest_has_the_source_of_its_file() {
        let error = Manifest::read(Path::new("/no/such.toml")).unwrap_err();
        let text = error.to_string();
        let error = Error::Manifest(error);
        let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
        assert_eq!(source.kind(), io::ErrorKind::NotFound);
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn the_error_of_a_variable_has_the_source_of_its_value() {
        let error = variables::scale("fast").unwrap_err();
        let (text, source) = (error.to_string(), "fast".parse::<f64>().unwrap_err().to_string());
        let error = Error::Variable(error);
        assert_eq!(error.source().unwrap().to_string(), source);
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn the_slowest_case_is_reported_first() {
        let times = Times::default();
        let entry = |name: &str, millis| (name.to_owned(), Duration::from_millis(millis));
        let mut all = times.0.lock().unwrap();
        all.extend([entry("b", 20), entry("c", 1), entry("a", 20), entry("d", 300)]);
        drop(all);
        let lines = "time 0.300 s d\ntime 0.020 s a\ntime 0.020 s b\ntime 0.001 s c\n";
        assert_eq!(times.report(), lines);
    }
}
