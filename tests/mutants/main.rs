//! Checks that every scenario can fail.
//!
//! A mutant is a deliberate fault of the runtime under test or of the C library. Under each mutant
//! that a scenario names, the scenario must fail, with the outcome that the scenario names for that
//! mutant.
//!
//! A mutant of the C library is a shared object that replaces a function of the C library by a
//! faulty one. The name of a mutant of the C library begins with `libc-`. This test target compiles
//! the shared object from `csrc/mutant/`, and loads the object into the child by the environment
//! variable `LD_PRELOAD`.

mod libc;
mod table;

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use testprog_harness::suite::Settings;
use testprog_harness::verdict::judge;
use testprog_harness::{Case, Mutant, Program, Suite, Verdict, protocol, report};

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
    let mut mutants = match of_runtime(&suite) {
        Ok(mutants) => mutants,
        Err(error) => {
            eprintln!("failed to list the mutants: {}", error.message().unwrap_or_default());
            return ExitCode::FAILURE;
        }
    };
    let (all, known) = (Arc::clone(&suite), mutants.clone());
    trials.push(Trial::test("every_mutant_has_a_scenario", move || all_are_named(&all, &known)));
    let all = Arc::clone(&suite);
    trials.push(Trial::test("every_mutant_of_the_c_library_has_a_scenario", move || {
        all_of_libc_are_named(&all)
    }));
    mutants.extend(libc::mutants().iter().flatten().map(|path| libc::name_of(path)));
    trials.extend(table::trials(&suite, &mutants));
    for case in &suite.cases {
        let none = case.mutants.is_empty().then_some("the scenario names no mutant");
        let name = format!("{}::has_a_mutant", case.name);
        trials.push(Trial::test(name, move || none.map_or(Ok(()), |reason| Err(reason.into()))));
        for mutant in &case.mutants {
            let (suite, case, mutant) = (Arc::clone(&suite), case.clone(), mutant.clone());
            let gated = case.gate.is_some() && env::var_os("NEXTEST").is_some();
            let name = format!("{}::{}", case.name, mutant.name);
            let trial = Trial::ignorable_test(name, move || fails(&suite, &case, &mutant));
            trials.push(trial.with_ignored_flag(gated));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Returns the names of the mutants that the child knows, which are faults of the runtime.
fn of_runtime(suite: &Suite) -> Result<Vec<String>, Failed> {
    let Program { path, runner, .. } = &suite.program;
    let mut words = runner.iter().map(OsString::as_os_str).chain([path.as_os_str()]);
    let mut child = Command::new(words.next().expect("the path is the last word"));
    child.args(words).arg("--list").env(protocol::MUTANT_ENV, "no-such-mutant");
    let output = child.output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    let list = |line: &str| Some(line.split_once("there are ")?.1.split_once(';')?.0.to_owned());
    let mutants = error.lines().find_map(list).ok_or("the child lists no mutants")?;
    Ok(mutants.split(", ").map(str::to_owned).collect())
}

/// Checks that a scenario names each mutant in `mutants`, except `registered-bounds`, which names
/// the normal policy of the runtime under test for stack bounds, not a fault.
fn all_are_named(suite: &Suite, mutants: &[String]) -> Result<(), Failed> {
    const NO_FAULT: &str = "registered-bounds";
    let unnamed: Vec<_> = mutants.iter().filter(|name| !is_named(suite, name)).collect();
    if unnamed == [NO_FAULT] {
        Ok(())
    } else {
        Err(format!("no scenario names {unnamed:?}").into())
    }
}

/// Checks that a scenario names each mutant of the C library in `csrc/mutant/`.
fn all_of_libc_are_named(suite: &Suite) -> Result<(), Failed> {
    let names = libc::mutants()?.into_iter().map(|path| libc::name_of(&path));
    let unnamed: Vec<_> = names.filter(|name| !is_named(suite, name)).collect();
    if unnamed.is_empty() { Ok(()) } else { Err(format!("no scenario names {unnamed:?}").into()) }
}

/// Returns whether a scenario names the mutant.
fn is_named(suite: &Suite, mutant: &str) -> bool {
    suite.cases.iter().flat_map(|case| &case.mutants).any(|named| named.name == mutant)
}

/// Runs a case under a mutant. The outcome must satisfy the expectation for the mutant, and must
/// not satisfy the scenario's normal expectation.
fn fails(suite: &Suite, case: &Case, mutant: &Mutant) -> Result<Completion, Failed> {
    let mut settings = Settings::default();
    settings.mutant = Some(mutant.name.clone());
    if mutant.name.starts_with("libc-") && !libc::CAN_PRELOAD {
        return Ok(Completion::ignored_with("LD_PRELOAD needs Linux and glibc"));
    }
    let objects = libc::Objects::new()?;
    settings.env.extend(objects.preload(&mutant.name)?);
    // If a case has a known bug, every failure counts as expected, so this function removes the
    // known bug from a copy of the case.
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
        other => {
            Err(format!("failed to detect the mutant: the verdict is {}", report::word(&other))
                .into())
        }
    }
}
