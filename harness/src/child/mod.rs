//! Implements the child's side of the protocol: lists the scenarios, checks whether a scenario can
//! run on this target, runs the scenario, and prints the scenario's answer.

#[cfg(not(any(unix, windows)))]
mod other;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "zygote_absent.rs")]
mod zygote;

#[cfg(not(any(unix, windows)))]
use other as system;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::{env, fs};

use crate::answer::Answer;
use crate::capability::{self, Capability, Target};
use crate::expectation::{Expectation, Rule, Single};
use crate::protocol::{self, Case, Gate, ListingError};
use crate::scenario::Scenario;

/// First argument that makes an executable act as the child, if the executable is both runner and
/// child.
pub const CHILD_FLAG: &str = "--testprog-child";

/// Handles the command line of this process. The `main` of a child only needs to call this
/// function.
///
/// # Platform specific behavior
///
/// On Windows, this function turns off the crash dialogs of this process before a scenario runs.
pub fn main(scenarios: &[Scenario]) -> ExitCode {
    answer(scenarios, env::args_os().skip(1))
}

/// Handles the arguments: a scenario's name and the scenario's own arguments, or
/// [`protocol::LIST_FLAG`], [`protocol::ABOUT_FLAG`], [`protocol::ZYGOTE_FLAG`] or
/// [`protocol::JUDGE_FLAG`]. Returns the exit status for `main`.
pub fn answer(scenarios: &[Scenario], arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let words: Vec<_> = arguments.collect();
    let arguments: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let arguments: Vec<&str> = arguments.iter().map(|word| &**word).collect();
    let target = Target::current();
    if let Err(cause) = check(scenarios, &target) {
        return usage(&cause);
    }
    match &*arguments {
        [word] if *word == protocol::LIST_FLAG => {
            let cases: Vec<_> = scenarios.iter().map(|each| Case::new(each, &target)).collect();
            print(&protocol::listing(&cases))
        }
        [word] if *word == protocol::ABOUT_FLAG => print(&protocol::about(&facts(&target))),
        [word] if *word == protocol::ZYGOTE_FLAG => {
            match zygote::serve(system::emulator().as_deref()) {
                Ok(name) => find_and_run(&name, scenarios, &target),
                Err(cause) => usage(&cause),
            }
        }
        [word, name, requirement, _] if *word == protocol::JUDGE_FLAG => {
            judge(scenarios, name, requirement, Path::new(&words[3]))
        }
        [name] => find_and_run(name, scenarios, &target),
        [name, ..] if scenarios.iter().any(|each| each.name == *name && !each.args.is_empty()) => {
            // A process calls `answer` only once, so `ARGUMENTS` is still empty and `set` succeeds.
            let _ = ARGUMENTS.set(words[1..].to_vec());
            find_and_run(name, scenarios, &target)
        }
        other => usage(&format!(
            "failed to read `{}`: expected one argument: a scenario's name, {}, {} or {}",
            other.join(" "),
            protocol::LIST_FLAG,
            protocol::ABOUT_FLAG,
            protocol::ZYGOTE_FLAG
        )),
    }
}

/// Prepares this process for a scenario that may crash.
pub(crate) fn settle() {
    system::settle();
}

static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();

/// Returns the arguments of the scenario that this process runs: the arguments after the scenario's
/// name; see [`Scenario::args`].
pub fn arguments() -> &'static [OsString] {
    ARGUMENTS.get().map_or(&[], Vec::as_slice)
}

/// Judges the output in `file`: finds the requirement `words` of the scenario `name`, and calls the
/// requirement's closure.
fn judge(scenarios: &[Scenario], name: &str, words: &str, file: &Path) -> ExitCode {
    let fail = |cause: &str| usage(&format!("failed to judge `{words}`: {cause}"));
    let Some(scenario) = scenarios.iter().find(|each| each.name == name) else {
        return fail("no such scenario");
    };
    let mutants = scenario.mutants.iter().map(|mutant| &mutant.expect);
    let expectations = mutants.chain(&scenario.known_failure).chain([&scenario.expect]);
    let mut rules = expectations.flat_map(Expectation::singles).flat_map(Single::rules);
    let judge = rules.find_map(|rule| match rule {
        Rule::Judged(found) if found.words == words => found.judge.as_ref(),
        _ => None,
    });
    match (judge, fs::read(file)) {
        (None, _) => fail("the scenario has no such requirement"),
        (_, Err(error)) => fail(&error.to_string()),
        (Some(judge), Ok(output)) => match judge(&String::from_utf8_lossy(&output)) {
            Ok(()) => print(&protocol::ok_line()),
            Err(explanation) => {
                eprintln!("{explanation}");
                ExitCode::from(protocol::DID_NOT_HOLD_STATUS)
            }
        },
    }
}

fn find_and_run(name: &str, scenarios: &[Scenario], target: &Target) -> ExitCode {
    match scenarios.iter().find(|scenario| scenario.name == name) {
        Some(scenario) => run(scenario, target),
        None => {
            usage(&format!("failed to run `{name}`: no such scenario; see {}", protocol::LIST_FLAG))
        }
    }
}

fn run(scenario: &Scenario, target: &Target) -> ExitCode {
    if let Some(gate) = protocol::gate(scenario, target) {
        return print(&protocol::skip_line(&gate));
    }
    settle();
    match scenario.run() {
        Answer::Held => print(&protocol::ok_line()),
        Answer::Skipped(reason) => print(&protocol::skip_line(&Gate::at_run_time(reason))),
        Answer::DidNotHold(reason) => {
            eprintln!("{}: {reason}", scenario.name);
            ExitCode::from(protocol::DID_NOT_HOLD_STATUS)
        }
    }
}

/// Checks that a runner would read every scenario from the listing without a change.
///
/// # Errors
///
/// Returns a one-line message that names the first invalid scenario.
fn check(scenarios: &[Scenario], target: &Target) -> Result<(), String> {
    // A `BTreeSet` is used because, unlike a `HashSet`, it needs no random keys. `std` draws a
    // thread's random keys for the thread's first hash set, so a `HashSet` in this function would
    // give all forks of a zygote the same keys.
    let mut seen = BTreeSet::new();
    for scenario in scenarios {
        let fail = |cause: &str| Err(format!("failed to register `{}`: {cause}", scenario.name));
        if !seen.insert(&*scenario.name) {
            return fail("another scenario has the same name");
        }
        // If the parsed case differs from `case`, the scenario has a value that a listing cannot
        // represent.
        let case = Case::new(scenario, target);
        match protocol::parse_listing(&protocol::listing(std::slice::from_ref(&case))) {
            Err(ListingError::Line { cause, .. }) => return fail(&cause),
            Ok(read) if read == [case] => {}
            _ => return fail("a runner would misread the scenario's line in the listing"),
        }
    }
    Ok(())
}

fn facts(target: &Target) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("triple", Target::TRIPLE.to_owned()),
        ("arch", target.arch.to_string()),
        ("os", target.os.to_string()),
        ("env", target.env.to_string()),
        ("pointer-width", usize::BITS.to_string()),
        ("endian", if cfg!(target_endian = "big") { "big" } else { "little" }.to_owned()),
        ("build", if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned()),
        ("panic", if cfg!(panic = "abort") { "abort" } else { "unwind" }.to_owned()),
        ("crt", if cfg!(target_feature = "crt-static") { "static" } else { "dynamic" }.to_owned()),
    ];
    facts.extend(system::facts());
    let missing = Capability::ALL.iter().filter_map(|capability| {
        let reason = capability::missing(*capability, target)?;
        Some(("lacks", format!("{} ({reason})", capability.name())))
    });
    facts.extend(missing);
    facts
}

fn print(answer: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(answer.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::from(protocol::ANSWERED_STATUS),
        Err(error) => {
            eprintln!("failed to write `{}`: {error}", answer.trim_end());
            ExitCode::from(protocol::DID_NOT_HOLD_STATUS)
        }
    }
}

fn usage(cause: &str) -> ExitCode {
    eprintln!("{cause}");
    ExitCode::from(protocol::USAGE_STATUS)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::expectation::{Alternative, Content};
    use crate::signal::Signal;

    fn scenario(name: &'static str) -> Scenario {
        Scenario::new(name, || {})
    }

    fn refused(scenarios: &[Scenario]) -> String {
        check(scenarios, &Target::current()).unwrap_err()
    }

    #[test]
    fn a_registry_is_refused_by_the_name_of_what_is_wrong_in_it() {
        let good = scenario("good").expect(Expectation::one_of(vec![
            Alternative::good("ran", Expectation::ok()),
            Alternative::known(
                "died",
                "issue 5 of us",
                Expectation::dies([Signal::Number(34)], "a; b | c"),
            ),
        ]));
        let twice = [scenario("a"), scenario("a")];
        assert_eq!(refused(&twice), "failed to register `a`: another scenario has the same name");
        for bad in [
            scenario("two words"),
            scenario("bad").expect(Expectation::dies([], "")),
            scenario("bad").expect(Expectation::dies([Signal::Number(9)], "")),
            scenario("bad").expect(Expectation::one_of(vec![])),
            scenario("bad").expect(Expectation::one_of(vec![Alternative::good(
                "two words",
                Expectation::ok(),
            )])),
            scenario("bad").mutant("two words", Expectation::ok()),
            scenario("bad").expect(Expectation::exits(Vec::<i32>::new(), "")),
            scenario("bad").env("A=B", "C"),
            scenario("bad").env("", "C"),
            scenario("bad").known_bug_failing("link", Expectation::dies([], "")),
            scenario("bad").needs(Capability::Custom { name: "a,b", missing: |_| None }),
        ] {
            let name = bad.name.clone();
            let message = refused(&[good.clone(), bad]);
            assert!(message.starts_with(&format!("failed to register `{name}`: ")), "{message}");
        }
        let second = scenario("second")
            .expect(Expectation::exits(1..=3, "").stdout(Content::judged_by("x & y", |_: &str| {})))
            .env("A", "b\n")
            .args(["", "-"])
            .serial();
        assert_eq!(check(&[second], &Target::current()), Ok(()));
        assert_eq!(
            check(&[good, scenario("b").deadline(Duration::from_micros(1))], &Target::current()),
            Ok(())
        );
    }
}
