//! Tests of the settings with which a test target runs its cases.

use std::error::Error as _;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, io, iter};

use libtest_mimic::{Arguments, Trial};
use testprog_harness::suite::Settings;
use testprog_harness::{CHILD_FLAG, Capability, Case, Program, Scenario, Suite, Target};

use crate::build::built;
use crate::lines::run;
use crate::test_functions::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_settings_are_the_documented_ones,
        a_list_of_capabilities_names_known_ones,
        a_list_with_an_unknown_capability_is_refused_with_the_known_ones,
        a_main_of_its_own_gets_a_trial_for_each_case,
        a_main_of_its_own_shows_the_output_at_once,
    ]
}

fn the_settings_are_the_documented_ones() {
    let settings = Settings::default();
    assert_eq!(settings.deadline, Duration::from_secs(60));
    assert_eq!(settings.leak_timeout, Duration::from_millis(200));
    assert!((settings.deadline_scale - 1.0).abs() < f64::EPSILON);
    assert_eq!((settings.mutant, settings.may_lack, settings.limits), (None, None, vec![]));
    assert!(!settings.strict && !settings.zygote && !settings.merge_output);
    assert!(!settings.keep_directory && !settings.core_files);
    assert!(settings.on_output.is_none() && settings.control.is_none());
    assert!(settings.debugger.is_none() && settings.set_up.is_none());
    assert_eq!((settings.env, settings.listing_deadline), (vec![], Duration::from_secs(30)));
}

/// Returns a suite of two cases that need the capability `abacus`, of which one case also needs the
/// capability `astrolabe`.
fn suite() -> Suite {
    let need = |name| Capability::Custom { name, missing: |_| None };
    let calculates = Scenario::new("calculates", || {}).needs(need("abacus"));
    let sails = calculates.clone().needs(need("astrolabe"));
    let cases = [calculates, sails].map(|scenario| Case::new(&scenario, &Target::current()));
    Suite::new(Program::new("program"), cases.into())
}

fn a_list_of_capabilities_names_known_ones() {
    for (text, names) in [
        ("", &[][..]),
        (" , ,", &[]),
        ("abacus", &["abacus"]),
        (" abacus ,ucontext,", &["abacus", "ucontext"]),
        ("run-time", &["run-time"]),
    ] {
        assert_eq!(suite().may_lack(text).unwrap(), names);
    }
}

fn a_list_with_an_unknown_capability_is_refused_with_the_known_ones() {
    for text in ["abacuss", "abacus,abacuss", "abacuss,no-such"] {
        let mut known: Vec<_> = Capability::ALL.iter().map(Capability::name).collect();
        known.extend(["abacus", "astrolabe", "run-time"]);
        known.sort_unstable();
        let refused = suite().may_lack(text).unwrap_err().to_string();
        let known = known.join(", ");
        assert!(refused.starts_with("failed to read `abacuss`: no such capability; "), "{refused}");
        assert_eq!(refused.split_once(" are ").unwrap().1, known);
    }
}

fn a_main_of_its_own_gets_a_trial_for_each_case() {
    let mut program = Program::of_this_target(&built().cases);
    program.args.push(CHILD_FLAG.into());
    let trials = testprog_harness::trials::trials(program).unwrap();
    let names: Vec<_> = trials.iter().map(Trial::name).collect();
    assert_eq!((names.len(), names[0]), (16, "passes"));
    let error = testprog_harness::trials::trials(Program::new("/no/such/program")).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("failed to ") && text.contains("`/no/such/program`"), "{text}");
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
}

/// First argument with which this executable runs the cases of the program in the second argument.
const OWN_MAIN: &str = "own-main";

/// Runs the cases of a program as a `main` that adds trials of its own does, if the first argument of
/// this process is [`OWN_MAIN`].
pub(crate) fn answer() -> Option<ExitCode> {
    let mut words = env::args().skip(1);
    words.next().filter(|word| word == OWN_MAIN)?;
    let mut program = Program::of_this_target(words.next()?);
    program.args.push(CHILD_FLAG.into());
    let trials = testprog_harness::trials::trials(program).unwrap();
    let arguments = Arguments::from_iter(iter::once(OWN_MAIN.to_owned()).chain(words));
    Some(libtest_mimic::run(&arguments, trials).exit_code())
}

fn a_main_of_its_own_shows_the_output_at_once() {
    let this = env::current_exe().unwrap();
    let cases = built().cases.to_str().unwrap();
    let shown = |words: &[&str]| {
        let words = [&[OWN_MAIN, cases, "aborts"], words].concat();
        let ran = run(&this, &words, &[]).ends_with(0);
        assert_eq!(ran.tests(), ["aborts: ok"]);
        ran.stderr
    };
    assert_eq!(shown(&[]), "");
    assert_eq!(shown(&["--nocapture"]), "aborts stderr: going down\n");
}
