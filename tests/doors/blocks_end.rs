//! Tests of the output lines and the exit status of `#[test]` functions that use `in_child!`.

use libtest_mimic::Trial;

use crate::build::built;
use crate::lines::{Ran, contains, run};
use crate::test_functions::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        each_block_has_the_line_of_its_verdict,
        a_failed_block_shows_what_happened,
        the_command_to_rerun_runs_the_block_alone,
        a_skip_that_is_not_accepted_fails,
        the_output_of_a_block_is_shown_at_once,
        a_wrong_scale_fails,
    ]
}

fn blocks(words: &[&str], variables: &[(&str, &str)]) -> Ran {
    run(&built().blocks, words, variables)
}

fn each_block_has_the_line_of_its_verdict() {
    let ran = blocks(&[], &[]).ends_with(101);
    let lines = [
        "cannot_start: FAILED",
        "fails: FAILED",
        "fixed: FAILED",
        "hangs: FAILED",
        "is_not_reached: FAILED",
        "known: ok",
        "leaks: FAILED",
        "leaves_its_test: FAILED",
        "panics: FAILED",
        "passes: ok",
        "prints_much_and_returns: ok",
        "prints_much_before_the_block: ok",
        "prints_much_in_the_block: FAILED",
        "skipped: ok",
        "skips_itself: ok",
        "stale: ok",
        "two_blocks: ok",
    ];
    assert_eq!(ran.tests(), lines);
}

fn a_failed_block_shows_what_happened() {
    let ran = blocks(&[], &[]);
    let fails = ran.failure("fails");
    let parts = [
        &*(place("fails") + ":\nthe block did not end as expected\n"),
        "  expected: exit with status 3, printing `three`\n",
        "  happened: exited with status 4 (",
        "  stdout:\n    | in the block\n  stderr:   (nothing)\n",
    ];
    contains(fails, &parts);
    // The test prints `before the block` to both streams, and libtest shows both streams. The child
    // prints the text, too, but the report of the failure shows only what the child prints in the
    // block.
    assert_eq!(fails.matches("before the block").count(), 2, "{fails}");
    contains(
        ran.failure("panics"),
        &["exited with status 101", "stdout:\n    | in the block\n", "    | no such luck\n"],
    );
    contains(ran.failure("leaves_its_test"), &["exited with status 0 without the answer OK"]);
    contains(ran.failure("hangs"), &["did not end within 0.300 s"]);
    contains(
        ran.failure("leaks"),
        &["output open", "  stdout:\n    | in the block\n  stderr:   (nothing)\n"],
    );
    contains(
        ran.failure("cannot_start"),
        &[&(place("cannot_start") + ":\nfailed to run a block in a child: failed to enter `/no/s")],
    );
    contains(ran.failure("fixed"), &["passes, though a known bug is recorded"]);
    contains(
        ran.failure("is_not_reached"),
        &[
            &(place("is_not_reached")
                + ":\nfailed to run a block in a child: no child reached the block"),
            "test is_not_reached ... ok",
        ],
    );
    // The exact filter and the path of the function are the same name, and the thread `main` has not
    // the name of a test, so only one child is started.
    let one = blocks(&["--exact", "is_not_reached", "--test-threads=1"], &[]).ends_with(101);
    assert_eq!(one.failure("is_not_reached").matches("  expected: ").count(), 1, "{}", one.stdout);
    let much = ran.failure("prints_much_in_the_block");
    contains(much, &["exited with status 7", "| the last line\n", "bytes dropped]", "    | xxx"]);
    assert!(!much.contains("running 1 test"), "{much}");
}

/// Returns the position of the macro in a test, as file, line and column, in the form in which a
/// panic's message names a position.
fn place(test: &str) -> String {
    let source = include_str!("blocks.rs");
    let function = source.find(&format!("fn {test}()")).unwrap();
    let at = function + source[function..].find("in_child!").unwrap();
    let line = 1 + source[..at].matches('\n').count();
    let column = at - source[..at].rfind('\n').unwrap();
    format!("tests/doors/blocks.rs:{line}:{column}")
}

fn the_command_to_rerun_runs_the_block_alone() {
    let ran = blocks(&["fails"], &[]).ends_with(101);
    let rerun = ran.failure("fails").split_once("rerun:").unwrap().1.lines().next().unwrap();
    let again = run("/bin/sh".as_ref(), &["-c", rerun], &[]).ends_with(4);
    contains(&again.stdout, &["in the block\n"]);
}

fn a_skip_that_is_not_accepted_fails() {
    let lines = |may_lack| {
        let ran = blocks(&["sk", "stale"], &[("TESTPROG_MAY_LACK", may_lack)]).ends_with(101);
        ran.tests()
    };
    assert_eq!(lines(""), ["skipped: FAILED", "skips_itself: FAILED", "stale: FAILED"]);
    assert_eq!(lines("astrolabe"), ["skipped: ok", "skips_itself: FAILED", "stale: FAILED"]);
    assert_eq!(lines("run-time"), ["skipped: FAILED", "skips_itself: ok", "stale: FAILED"]);
}

fn the_output_of_a_block_is_shown_at_once() {
    let ran = blocks(&["passes", "--nocapture"], &[]).ends_with(0);
    assert_eq!(
        sorted(&ran.stderr),
        ["passes stderr: going down", "passes stdout: on standard output"]
    );
    assert_eq!(blocks(&["passes"], &[]).ends_with(0).stderr, "");
    // cargo-nextest passes `--nocapture` to every test, and shows the output only of a test that
    // failed.
    let ran = blocks(&["passes", "--nocapture"], &[("NEXTEST", "1")]).ends_with(0);
    assert_eq!(ran.stderr, "");
    let ran = blocks(&["passes"], &[("RUST_TEST_NOCAPTURE", "1")]).ends_with(0);
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    for (test, reason) in [
        ("skipped", "skipped: astrolabe: it is in the museum\n"),
        ("skips_itself", "skipped: no permission\n"),
        ("known", "known bug: died of SIGABRT, a known bug: https://example.org/1\n"),
        ("stale", ""),
    ] {
        let ran = blocks(&["--exact", test, "--nocapture"], &[]).ends_with(0);
        assert_eq!(ran.stderr, reason);
    }
    // Although the first child dies in its block, libtest must not show what the second child
    // prints before the second child's block.
    let ran = blocks(&["two_blocks", "--nocapture"], &[]).ends_with(0);
    let lines =
        ["two_blocks stderr: first", "two_blocks stdout: first", "two_blocks stdout: second"];
    assert_eq!(sorted(&ran.stderr), lines);
    let ran = blocks(&["prints_much_and_returns", "--nocapture"], &[]).ends_with(0);
    assert_eq!(ran.stderr.lines().count(), 8000);
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

fn a_wrong_scale_fails() {
    let ran = blocks(&["passes"], &[("TESTPROG_DEADLINE_SCALE", "x")]).ends_with(101);
    contains(ran.failure("passes"), &["failed to read TESTPROG_DEADLINE_SCALE=`x`"]);
    let ran = blocks(&["hangs"], &[("TESTPROG_DEADLINE_SCALE", "0.5")]).ends_with(101);
    contains(ran.failure("hangs"), &["did not end within 0.150 s"]);
}
