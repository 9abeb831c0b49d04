//! Tests of the settings with which a test target runs its cases.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use libtest_mimic::Trial;
use testprog_harness::suite::Settings;
use testprog_harness::{CHILD_FLAG, Capability, Case, Program, Scenario, Suite, Target};

use crate::build::built;
use crate::test_functions::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_settings_are_the_documented_ones,
        a_list_of_capabilities_names_known_ones,
        a_list_with_an_unknown_capability_is_refused_with_the_known_ones,
        a_main_of_its_own_gets_a_trial_for_each_case,
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
    assert!(settings.debugger.is_none());
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
