//! Tests the command line of the child program `testprog`.

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, diff, starts_with};

fn child(arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_testprog"));
    command.env_remove("TESTPROG_MUTANT").args(arguments).assert()
}

fn one_line() -> impl predicates::Predicate<str> {
    predicates::function::function(|text: &str| text.lines().count() == 1 && text.ends_with('\n'))
}

#[test]
fn a_scenario_that_holds_answers_ok_and_nothing_else() {
    child(&["bind_machine"]).code(0).stdout(diff("OK\n")).stderr(diff(""));
}

#[test]
fn a_wrong_command_line_is_one_line_and_status_2() {
    for arguments in
        [&[][..], &["no_such_scenario"], &["bind_machine", "drop_machine"], &["--help"]]
    {
        child(arguments).code(2).stdout(diff("")).stderr(starts_with("failed to ").and(one_line()));
    }
}

#[test]
fn an_unknown_mutant_is_one_line_and_status_2() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_testprog"));
    command.env("TESTPROG_MUTANT", "no-such-mutant").arg("bind_machine");
    command
        .assert()
        .code(2)
        .stdout(diff(""))
        .stderr(starts_with("failed to read `TESTPROG_MUTANT=no-such-mutant`").and(one_line()));
}

/// Checks that the child refuses an invalid `TESTPROG_SOAK_SECONDS` with every argument, also with
/// `--list`. The runner starts the child with `--list` first, so an invalid duration ends the run
/// before any case starts.
#[test]
fn a_duration_that_cannot_be_read_is_one_line_and_status_2() {
    for (value, shown) in
        [("x", "x"), ("", ""), ("-1", "-1"), ("86401", "86401"), ("1\n2", r"1\x0a2")]
    {
        for argument in ["--list", "--about", "soak", "abort_in_c"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_testprog"));
            command.env_remove("TESTPROG_MUTANT").env("TESTPROG_SOAK_SECONDS", value).arg(argument);
            let cause = format!(
                "failed to read `TESTPROG_SOAK_SECONDS={shown}`: expected a number of seconds up to 86400\n"
            );
            command.assert().code(2).stdout(diff("")).stderr(diff(cause));
        }
    }
}

#[test]
fn the_listing_can_be_read() {
    let assert = child(&["--list"]).code(0).stderr(diff(""));
    let listing = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let cases = testprog_harness::protocol::parse_listing(&listing).unwrap();
    assert!(cases.iter().any(|case| case.name == "stack_switch_callback"), "{listing}");
}

/// Checks that the C-only child's listing, which is a file of the repository, agrees with the
/// listing that `testprog` prints. `cargo testprog port` builds the C-only child without Rust, so
/// the command cannot run `testprog` to get the listing.
#[test]
#[cfg(unix)]
fn the_listing_of_the_child_without_rust_is_a_part_of_this_one() {
    let assert = child(&["--list"]).code(0);
    let ours = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let ours = testprog_harness::protocol::parse_listing(&ours).unwrap();
    let copy = include_str!("../csrc/standalone/listing.txt");
    for case in testprog_harness::protocol::parse_listing(copy).unwrap() {
        let mut expected = ours.iter().find(|each| each.name == case.name).unwrap().clone();
        // The C-only child's listing has no mutants, because mutants are faults of the Rust
        // runtime. The C-only child's listing names no missing capabilities, because missing
        // capabilities depend on the target.
        expected.mutants.clear();
        // The topic is the folder of the case's C code.
        expected.topic = None;
        // The place of a scenario is the place of its Rust code.
        expected.source = None;
        expected.gate = None;
        assert_eq!(case, expected);
    }
}

#[test]
fn it_tells_about_itself() {
    child(&["--about"]).code(0).stderr(diff("")).stdout(
        starts_with("testprog 1\ntriple: ")
            .and(contains("\npointer-width: "))
            .and(contains("\nlibc")),
    );
}
