//! Tests of the lines that cargo-nextest prints for each verdict.

use libtest_mimic::Trial;

use crate::build::cargo;
use crate::lines::{Ran, contains, ran};
use crate::test_functions::gated_trial;
use crate::trial::tools::{Missing, need_tool};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        gated_trial!(nextest_shows_each_verdict, need_nextest),
        gated_trial!(nextest_runs_a_case_whose_skip_is_not_accepted, need_nextest),
    ]
}

fn need_nextest() -> Option<Missing> {
    // No Debian package contains cargo-nextest, so these tests are skipped without cargo-nextest,
    // even if `TESTPROG_REQUIRE_TOOLS` is set.
    let reason = "failed to find `cargo-nextest`: cargo install --locked cargo-nextest";
    need_tool("cargo-nextest", "").map(|_| Missing::Ability(reason.to_owned()))
}

/// Runs cargo-nextest, and returns the result of each test in the summary that cargo-nextest
/// prints.
fn nextest(filter: &str, variables: &[(&str, &str)]) -> (Ran, Vec<String>) {
    let mut command = cargo(&["nextest", "run"]);
    command.args(["--no-fail-fast", "--color=never", "--status-level=all"]);
    command.args(["--final-status-level=none", "-E", filter]);
    let ran = ran(command.envs(variables.iter().copied()));
    let line = |line: &str| {
        let (status, rest) = line.trim().split_once(" [")?;
        let test = rest.split_once("testprog::doors_")?.1;
        Some(format!("{test}: {status}"))
    };
    let mut lines: Vec<_> = ran.stderr.lines().filter_map(line).collect();
    lines.sort();
    (ran, lines)
}

fn nextest_shows_each_verdict() {
    let (ran, lines) = nextest("all()", &[]);
    let expected = [
        "blocks cannot_start: FAIL",
        "blocks fails: FAIL",
        "blocks fixed: FAIL",
        "blocks hangs: FAIL",
        "blocks is_not_reached: FAIL",
        "blocks known: PASS",
        "blocks leaks: FAIL",
        "blocks leaves_its_test: FAIL",
        "blocks panics: FAIL",
        "blocks passes: PASS",
        "blocks prints_much_and_returns: PASS",
        "blocks prints_much_before_the_block: PASS",
        "blocks prints_much_in_the_block: FAIL",
        "blocks skipped: PASS",
        "blocks skips_itself: PASS",
        "blocks stale: PASS",
        "blocks two_blocks: PASS",
        "cases [known bug] fixed: FAIL",
        "cases [known bug] known: PASS",
        "cases [known bug] known_but_exits: FAIL",
        "cases [known bug] known_panic: PASS",
        "cases aborts: PASS",
        "cases cannot_start: FAIL",
        "cases fails: FAIL",
        "cases hangs: FAIL",
        "cases leaks: FAIL",
        "cases passes: PASS",
        "cases prints_too_much: FAIL",
        "cases returns_an_error: FAIL",
        "cases skipped: SKIP",
        "cases skips_itself: PASS",
        "cases stale: SKIP",
        "cases sums::overflows: PASS",
    ];
    assert_eq!(lines, expected, "{}", ran.stderr);
    // The exit status 100 of cargo-nextest means that tests failed (documentation of
    // cargo-nextest).
    let ran = ran.ends_with(100);
    contains(
        &ran.stderr,
        &["happened: exited with status 3", "31 tests run: 14 passed, 17 failed"],
    );
}

fn nextest_runs_a_case_whose_skip_is_not_accepted() {
    let filter = "binary(doors_cases) and test(/^s[tk]/)";
    let (ran, lines) = nextest(filter, &[("TESTPROG_MAY_LACK", "astrolabe,run-time")]);
    // The runner cargo-nextest also shows SKIP for the tests that its filter leaves out.
    for line in ["cases skipped: SKIP", "cases skips_itself: PASS", "cases stale: FAIL"] {
        assert!(lines.iter().any(|shown| shown == line), "{line}: {}", ran.stderr);
    }
    ran.ends_with(100);
}
