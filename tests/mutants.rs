//! Every scenario can fail: under each of its mutants it does, and in the way that the mutant should cause.

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use testprog_harness::suite::Settings;
use testprog_harness::verdict::judge;
use testprog_harness::{Case, Mutant, Program, Suite, Verdict, report};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let program = Program::of_this_target(env!("CARGO_BIN_EXE_testprog"));
    let suite = match Suite::load(program) {
        Ok(suite) => Arc::new(suite),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = Vec::new();
    for case in &suite.cases {
        let none = case.mutants.is_empty().then_some("nothing shows that this scenario can fail");
        let name = format!("{}::has_a_mutant", case.name);
        trials.push(Trial::test(name, move || none.map_or(Ok(()), |reason| Err(reason.into()))));
        for mutant in &case.mutants {
            let (suite, case, mutant) = (Arc::clone(&suite), case.clone(), mutant.clone());
            let gated = case.gate.is_some() && std::env::var_os("NEXTEST").is_some();
            let name = format!("{}::{}", case.name, mutant.name);
            let trial = Trial::ignorable_test(name, move || fails(&suite, &case, &mutant));
            trials.push(trial.with_ignored_flag(gated));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Runs a case under a mutant. As the mutant's own it must pass, as the scenario's it must fail.
fn fails(suite: &Suite, case: &Case, mutant: &Mutant) -> Result<Completion, Failed> {
    let mut settings = Settings::default();
    settings.mutant = Some(mutant.name.clone());
    // That a scenario fails by a known bug does not show that it fails by the mutant.
    let mut case = case.clone();
    case.known_bug = None;
    let mut under_mutant = case.clone();
    under_mutant.expect = mutant.expect.clone();
    let trial = suite.run(&under_mutant, &settings);
    if let Verdict::Unsupported(gate) = &trial.verdict {
        return Ok(Completion::ignored_with(gate));
    }
    if !matches!(trial.verdict, Verdict::Pass { .. }) {
        return Err(report::failure(&suite.program, &under_mutant, &trial, &settings).into());
    }
    let outcome = trial.outcome.as_ref().expect("a verdict other than unresolved has an outcome");
    match judge(&case, outcome, settings.deadline) {
        Verdict::Fail(_) => Ok(Completion::Completed),
        other => Err(format!("the scenario does not notice: {}", report::word(&other)).into()),
    }
}
