//! Turns cases into trials (tests of libtest-mimic), so that `cargo test` and cargo-nextest list,
//! filter and run the cases.

use std::env;
use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::child::{self, CHILD_FLAG};
use crate::protocol::{Case, Gate};
use crate::report;
use crate::scenario::Scenario;
use crate::spawn::Program;
use crate::suite::{DEADLINE_SCALE, Settings, Suite};
use crate::text::excerpt;
use crate::verdict::Verdict;

/// Environment variable with a comma-separated list of capabilities whose `SKIP` is accepted. If
/// the environment variable is empty, no `SKIP` is accepted. If the environment variable is not
/// set, every `SKIP` is accepted.
pub const MAY_LACK: &str = "TESTPROG_MAY_LACK";

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
    let arguments = Arguments::from_args();
    match trials(program) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => fail(error),
    }
}

/// Runs these scenarios as trials, each in a new process of this executable.
///
/// The executable is both runner and child. With [`CHILD_FLAG`] as its first argument, the
/// executable is the child. With other arguments, the executable is the runner and accepts the
/// arguments of libtest. For an example, see `tests/self_exec.rs` in this project's repository.
pub fn self_exec(scenarios: &[Scenario]) -> ExitCode {
    let mut arguments = env::args_os().skip(1).peekable();
    if arguments.next_if(|first| first == CHILD_FLAG).is_some() {
        return child::answer(scenarios, arguments);
    }
    match env::current_exe() {
        Ok(path) => run(Program { args: vec![CHILD_FLAG.into()], ..Program::of_this_target(path) }),
        Err(error) => fail(format!("failed to find the path of this executable: {error}")),
    }
}

/// Returns a trial for each case of `program`, for a `main` that adds trials of its own.
///
/// # Errors
///
/// Returns a one-line message if the program's cases cannot be listed, or if the variable
/// [`DEADLINE_SCALE`] is not a number above 0.
pub fn trials(program: Program) -> Result<Vec<Trial>, String> {
    let deadline_scale = env::var(DEADLINE_SCALE).map_or(Ok(1.0), |text| scale(&text))?;
    let suite = Suite::load_scaled(program, deadline_scale).map_err(|error| error.to_string())?;
    let suite = Arc::new(suite);
    // An unknown name in the variable is ignored, because all test targets of a workspace share the
    // variable, and another target may know the name.
    let split = |names: String| names.split(',').map(|name| name.trim().to_owned()).collect();
    let may_lack = env::var(MAY_LACK).ok().map(split);
    let settings = Arc::new(Settings { deadline_scale, may_lack, ..Settings::default() });
    Ok(suite.cases.iter().map(|case| trial(case, &suite, &settings)).collect())
}

fn scale(text: &str) -> Result<f64, String> {
    let scale: Option<f64> = text.parse().ok();
    scale.filter(|scale| scale.is_finite() && *scale > 0.0).ok_or_else(|| {
        let text = excerpt(text);
        format!("failed to read {DEADLINE_SCALE}=`{text}`: expected a number above 0")
    })
}

fn trial(case: &Case, suite: &Arc<Suite>, settings: &Arc<Settings>) -> Trial {
    // cargo-nextest reports a trial that skips while it runs as PASS, but reports a trial that is
    // listed as ignored as skipped. A trial whose `SKIP` is not accepted is not listed as ignored,
    // because such a trial must run and fail.
    let accepted = |gate: &Gate| {
        settings.may_lack.as_ref().is_none_or(|names| names.contains(&gate.capability))
    };
    let ignored = case.gate.as_ref().is_some_and(accepted) && env::var_os("NEXTEST").is_some();
    let (name, case) = (case.name.clone(), case.clone());
    let (suite, settings) = (Arc::clone(suite), Arc::clone(settings));
    Trial::ignorable_test(name, move || {
        let trial = suite.run(&case, &settings);
        match &trial.verdict {
            // A stale gate fails the trial only if `TESTPROG_MAY_LACK` is set. Without that
            // variable the trial passes, as in a run of `cargo testprog` without `--strict`.
            Verdict::Stale(_) if settings.may_lack.is_none() => Ok(Completion::Completed),
            Verdict::Pass { .. } => Ok(Completion::Completed),
            Verdict::Unsupported(_) | Verdict::Xfail { .. } => {
                Ok(Completion::ignored_with(report::trial_reason(&trial)))
            }
            _ => {
                let text = report::failure(&suite.program, &case, &trial, &settings);
                Err(Failed::from(text.trim_end()))
            }
        }
    })
    .with_ignored_flag(ignored)
}

/// Prints an error that kept all cases from running, and returns the exit status of a usage error.
fn fail(error: impl Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(crate::protocol::USAGE_STATUS)
}
