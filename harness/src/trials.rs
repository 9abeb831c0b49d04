//! Cases as trials of libtest-mimic, so that `cargo test` and cargo-nextest list, filter and run them.

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
use crate::suite::{Settings, Suite};
use crate::verdict::Verdict;

/// The environment variable that names the capabilities whose `SKIP` is accepted, separated by commas: empty on a target
/// that must have everything. Unset, every `SKIP` is.
pub const MAY_LACK: &str = "TESTPROG_MAY_LACK";

/// Runs every case of `program` as a trial, by the command line of this process, which is libtest's.
///
/// The whole `main` of a test target with `harness = false`:
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

/// Runs these scenarios as trials, each in a new process of this very executable.
///
/// It is runner and child at once: with [`CHILD_FLAG`] as its first argument it speaks the protocol, otherwise libtest's
/// command line. `tests/self_exec.rs` of this project is an example.
pub fn self_exec(scenarios: &[Scenario]) -> ExitCode {
    let mut arguments = env::args_os().skip(1).peekable();
    if arguments.next_if(|first| first == CHILD_FLAG).is_some() {
        return child::answer(scenarios, arguments);
    }
    match env::current_exe() {
        Ok(path) => run(Program { args: vec![CHILD_FLAG.into()], ..Program::of_this_target(path) }),
        Err(error) => fail(format!("failed to find `this executable`: {error}")),
    }
}

/// Returns a trial for each case of `program`, for a `main` that adds trials of its own.
///
/// # Errors
///
/// One line for a person: the program cannot be listed.
pub fn trials(program: Program) -> Result<Vec<Trial>, String> {
    let suite = Arc::new(Suite::load(program).map_err(|error| error.to_string())?);
    // One value is for all the test targets of a workspace, so a name that nothing here needs is no error.
    let split = |names: String| names.split(',').map(|name| name.trim().to_owned()).collect();
    let may_lack = env::var(MAY_LACK).ok().map(split);
    let settings = Arc::new(Settings { may_lack, ..Settings::default() });
    Ok(suite.cases.iter().map(|case| trial(case, &suite, &settings)).collect())
}

fn trial(case: &Case, suite: &Arc<Suite>, settings: &Arc<Settings>) -> Trial {
    // nextest takes a skip at run time for a pass, and asks for ignored trials when it lists. Where a skip is not accepted,
    // the trial must run to fail.
    let accepted = |gate: &Gate| {
        settings.may_lack.as_ref().is_none_or(|names| names.contains(&gate.capability))
    };
    let ignored = case.gate.as_ref().is_some_and(accepted) && env::var_os("NEXTEST").is_some();
    let (name, case) = (case.name.clone(), case.clone());
    let (suite, settings) = (Arc::clone(suite), Arc::clone(settings));
    Trial::ignorable_test(name, move || {
        let trial = suite.run(&case, &settings);
        match &trial.verdict {
            // As for the command, which fails for a stale gate only when it is strict.
            Verdict::Stale(_) if settings.may_lack.is_none() => Ok(Completion::Completed),
            Verdict::Pass { .. } => Ok(Completion::Completed),
            Verdict::Unsupported(_) | Verdict::Xfail { .. } => {
                Ok(Completion::ignored_with(report::reason(&trial.verdict)))
            }
            _ => {
                let text = report::failure(&suite.program, &case, &trial, &settings);
                Err(Failed::from(text.trim_end()))
            }
        }
    })
    .with_ignored_flag(ignored)
}

/// Says why nothing could be run, on one line.
fn fail(error: impl Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(crate::protocol::USAGE_STATUS)
}
