//! The child's command line, from outside.

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

#[test]
fn the_listing_can_be_read() {
    let assert = child(&["--list"]).code(0).stderr(diff(""));
    let listing = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let cases = harness::protocol::parse_listing(&listing).unwrap();
    assert!(cases.iter().any(|case| case.name == "stack_switch_callback"), "{listing}");
}

#[test]
fn it_tells_about_itself() {
    child(&["--about"]).code(0).stderr(diff("")).stdout(
        starts_with("testprog 1\ntriple: ")
            .and(contains("\npointer-width: "))
            .and(contains("\nlibc")),
    );
}
