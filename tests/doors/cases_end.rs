//! Tests of the output lines and the exit status of a test target that uses `main!`.

use std::collections::BTreeSet;
use std::fs;

use libtest_mimic::Trial;
use testprog_harness::protocol;

use crate::build::built;
use crate::lines::{Ran, contains, run};
use crate::test_functions::trials;
use crate::trial::scratch::scratch;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        each_verdict_has_its_line,
        a_skip_that_is_not_accepted_fails,
        only_accepted_skips_pass,
        a_failure_shows_what_happened,
        a_backtrace_ends_with_the_function_of_the_scenario,
        a_filter_decides_the_status,
        filters_and_skips_are_those_of_libtest,
        the_listing_names_every_case,
        the_executable_has_the_note_by_which_the_command_finds_it,
        ignored_tests_are_none,
        the_output_is_shown_at_once,
        the_report_may_be_json_or_terse_or_in_a_file,
        the_order_repeats_with_its_seed,
        the_times_are_reported,
        a_deadline_is_scaled,
        a_broken_listing_is_one_line_and_status_2,
        a_wrong_argument_is_status_2,
        a_name_that_the_child_does_not_know_is_status_2,
    ]
}

fn cases(words: &[&str], variables: &[(&str, &str)]) -> Ran {
    run(&built().cases, words, variables)
}

const LEAK: &str = "a process that the child started still holds the child's output open";

fn each_verdict_has_its_line() {
    let ran = cases(&[], &[]).ends_with(101);
    let lines = [
        "[known bug] fixed: FAILED",
        "[known bug] known: ignored (died of SIGABRT, a known bug: https://example.org/1)",
        "[known bug] known_but_exits: FAILED",
        "[known bug] known_panic: ignored (exited with status 101 (usually a Rust panic): panicked",
        "aborts: ok",
        "cannot_start: FAILED",
        "fails: FAILED",
        "hangs: FAILED",
        "leaks: FAILED",
        "passes: ok",
        "prints_too_much: FAILED",
        "returns_an_error: FAILED",
        "skipped: ignored (astrolabe: it is in the museum)",
        "skips_itself: ignored (no permission)",
        "stale: ok",
        "sums::overflows: ok",
    ];
    let shown = ran.tests().into_iter().map(|line| match line.split_once(" at tests/") {
        Some((before_place, _)) => before_place.to_owned(),
        None => line,
    });
    assert_eq!(shown.collect::<Vec<_>>(), lines);
    contains(&ran.stdout, &["running 16 tests\n", "FAILED. 4 passed; 8 failed; 4 ignored; 0 mea"]);
}

fn a_skip_that_is_not_accepted_fails() {
    let ran = cases(&["skip", "sums"], &[("TESTPROG_MAY_LACK", "")]).ends_with(101);
    assert_eq!(ran.tests(), ["skipped: FAILED", "skips_itself: FAILED", "sums::overflows: ok"]);
    let cause = "skipped, but the accepted skips do not include `astrolabe` (astrolabe: it is in the museum)";
    contains(ran.failure("skipped"), &[cause]);
    let ran = cases(&["stale"], &[("TESTPROG_MAY_LACK", "")]).ends_with(101);
    let cause = "passes, though the platform table says abacus: only the oldest computers have one";
    contains(ran.failure("stale"), &[cause]);
}

fn only_accepted_skips_pass() {
    for (may_lack, status) in
        [("astrolabe", 0), ("a, astrolabe ,b", 0), ("astrolab", 101), ("abacus", 101)]
    {
        cases(&["--exact", "skipped"], &[("TESTPROG_MAY_LACK", may_lack)]).ends_with(status);
    }
    cases(&["skips_itself"], &[("TESTPROG_MAY_LACK", "run-time")]).ends_with(0);
    cases(&["skips_itself"], &[("TESTPROG_MAY_LACK", "astrolabe")]).ends_with(101);
}

fn a_failure_shows_what_happened() {
    let ran = cases(&[], &[]);
    let rerun = format!("rerun:    GREETING=hi {} --testprog-child fails", built().cases.display());
    let expected = "expected: status 0 and the answer OK";
    contains(ran.failure("fails"), &[expected, "happened: exited with status 3", &rerun]);
    contains(ran.failure("hangs"), &["happened: did not end within 0.300 s"]);
    contains(ran.failure("leaks"), &[LEAK]);
    contains(ran.failure("returns_an_error"), &["invalid digit found in string"]);
    let parts = ["printed `hello` before its answer", "stdout:\n    | hello\n    | OK\n"];
    contains(ran.failure("prints_too_much"), &parts);
    contains(
        ran.failure("known_but_exits"),
        &["exited with status 3, but a known bug is recorded with another failure"],
    );
    contains(ran.failure("cannot_start"), &["failed to enter `/no/such/directory`"]);
    let cause = "passes, though a known bug is recorded: https://example.org/1";
    contains(ran.failure("fixed"), &[cause]);
    // The report of a case that passes does not show the case's output.
    assert!(!ran.stdout.contains("going down"), "{}", ran.stdout);
}

fn a_backtrace_ends_with_the_function_of_the_scenario() {
    let words = ["known_panic", "--nocapture"];
    let ran = cases(&words, &[("RUST_BACKTRACE", "1")]).ends_with(0);
    contains(&(ran.stdout.clone() + &ran.stderr), &["stack backtrace:", "doors_cases::"]);
    assert!(!(ran.stdout + &ran.stderr).contains("testprog_harness::"));
}

fn a_filter_decides_the_status() {
    for (name, status) in [
        ("passes", 0),
        ("aborts", 0),
        ("sums::overflows", 0),
        ("stale", 0),
        ("skipped", 0),
        ("known", 0),
        ("fixed", 101),
        ("fails", 101),
        ("prints_too_much", 101),
    ] {
        cases(&["--exact", name], &[]).ends_with(status);
    }
}

fn filters_and_skips_are_those_of_libtest() {
    let names = |words| cases(words, &[]).ends_with(0).tests();
    assert_eq!(names(&["passes", "over"]), ["passes: ok", "sums::overflows: ok"]);
    assert_eq!(names(&["--exact", "passes", "over", "aborts"]), ["aborts: ok", "passes: ok"]);
    assert_eq!(
        names(&["s", "--skip", "i", "--skip=l", "--skip", "_", "--skip=hang", "--skip=not"]),
        ["aborts: ok", "passes: ok"]
    );
    let ran = cases(&["passes", "aborts", "--test-threads=1"], &[]).ends_with(0);
    contains(&ran.stdout, &["running 2 tests", "2 passed; 0 failed; 0 ignored", "14 filtered out"]);
    contains(&cases(&["no such case"], &[]).ends_with(0).stdout, &["running 0 tests"]);
}

fn the_listing_names_every_case() {
    let ran = cases(&["--list"], &[]).ends_with(0);
    assert_eq!(ran.stdout.lines().count(), 16, "{}", ran.stdout);
    contains(&ran.stdout, &["passes: test\n", "[known bug] known: test\n", "skipped: test\n"]);
    assert_eq!(ran.stderr, "");
    assert_eq!(cases(&["--list", "passes"], &[]).ends_with(0).stdout, "passes: test\n");
}

fn the_executable_has_the_note_by_which_the_command_finds_it() {
    let bytes = fs::read(&built().cases).unwrap();
    let note = protocol::NOTE.as_bytes();
    assert!(bytes.windows(note.len()).any(|part| part == note));
}

fn ignored_tests_are_none() {
    contains(&cases(&["--ignored"], &[]).ends_with(0).stdout, &["running 0 tests", "16 filtered"]);
    let ran = cases(&["--include-ignored", "passes"], &[]).ends_with(0);
    assert_eq!(ran.tests(), ["passes: ok"]);
    // To find skipped cases, cargo-nextest requests a list with `--ignored`, and does not run the
    // listed cases.
    let nextest = ("NEXTEST", "1");
    let listed = cases(&["--list", "--ignored"], &[nextest]).ends_with(0).stdout;
    assert_eq!(listed, "stale: test\nskipped: test\n");
    let listed = cases(&["--list", "--ignored"], &[nextest, ("TESTPROG_MAY_LACK", "abacus")]);
    assert_eq!(listed.ends_with(0).stdout, "stale: test\n");
}

fn the_output_is_shown_at_once() {
    let shown = "aborts stderr: going down\n";
    for flag in ["--nocapture", "--no-capture"] {
        assert_eq!(cases(&["aborts", flag], &[]).ends_with(0).stderr, shown);
    }
    let ran = cases(&["aborts"], &[("RUST_TEST_NOCAPTURE", "1")]).ends_with(0);
    assert_eq!(ran.stderr, shown);
    // The runner cargo-nextest passes `--nocapture` to every test, and shows the output only of a
    // test that failed.
    let ran = cases(&["aborts", "--nocapture"], &[("NEXTEST", "1")]).ends_with(0);
    assert_eq!(ran.stderr, "");
    let live = [("NEXTEST", "1"), ("NEXTEST_TEST_THREADS", "1")];
    assert_eq!(cases(&["aborts", "--nocapture"], &live).ends_with(0).stderr, shown);
    assert_eq!(cases(&["aborts"], &[]).ends_with(0).stderr, "");
}

fn the_report_may_be_json_or_terse_or_in_a_file() {
    let ran = cases(&["fails", "--format=json", "-Z", "unstable-options"], &[]).ends_with(101);
    let events: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[2]["event"], "failed");
    contains(events[2]["stdout"].as_str().unwrap(), &["happened: exited with status 3"]);
    let ran = cases(&["--quiet", "passes", "fails", "--test-threads=1"], &[]).ends_with(101);
    contains(&ran.stdout, &["running 2 tests\n.F\n"]);
    let file = scratch("log");
    let ran = cases(&["passes", "--logfile", file.to_str().unwrap()], &[]).ends_with(0);
    assert_eq!(ran.stdout, "");
    contains(&fs::read_to_string(file).unwrap(), &["test passes ... ok\n"]);
}

fn the_order_repeats_with_its_seed() {
    let order = |words: &[&str]| {
        let ran = cases(&[words, &["--list"]].concat(), &[]).ends_with(0);
        ran.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let plain = order(&[]);
    assert_eq!(order(&["--shuffle-seed=7"]), order(&["--shuffle-seed", "7"]));
    assert_ne!(order(&["--shuffle-seed=7"]), plain);
    let sorted = |names: Vec<String>| names.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(sorted(order(&["--shuffle-seed=7"])), sorted(plain));
    let ran = cases(&["--shuffle", "passes"], &[]).ends_with(0);
    assert!(ran.stderr.starts_with("order of the tests: --shuffle-seed "), "{}", ran.stderr);
    assert_eq!(cases(&["--shuffle", "--list"], &[]).ends_with(0).stderr, "");
}

fn the_times_are_reported() {
    let ran = cases(&["--report-time", "passes", "aborts"], &[]).ends_with(0);
    let names: BTreeSet<_> = ran
        .stderr
        .lines()
        .map(|line| line.strip_prefix("time ").unwrap().split_once(" s ").unwrap().1)
        .collect();
    assert_eq!(names, BTreeSet::from(["aborts", "passes"]));
}

fn a_deadline_is_scaled() {
    let ran = cases(&["hangs"], &[("TESTPROG_DEADLINE_SCALE", "0.5")]).ends_with(101);
    contains(ran.failure("hangs"), &["did not end within 0.150 s"]);
    for value in ["0", "x", "", "-1", "inf"] {
        let ran = cases(&["passes"], &[("TESTPROG_DEADLINE_SCALE", value)]).ends_with(2);
        let cause = format!(
            "failed to read TESTPROG_DEADLINE_SCALE=`{value}`: expected a number above 0\n"
        );
        assert_eq!((ran.stdout, ran.stderr), (String::new(), cause));
    }
}

fn a_broken_listing_is_one_line_and_status_2() {
    for (name, cause) in [
        ("none", "the listing has no scenario"),
        ("two_alike", "failed to register `alike`: another scenario has the same name"),
        ("child_panics", "--list ended with status 101, saying: panicked at tests/doors/cases.rs:"),
        ("child_panics", ": the table of cases is broken"),
        ("panics", "the table of cases is broken"),
    ] {
        let path = scratch(name);
        let _ = fs::remove_file(&path);
        fs::hard_link(&built().cases, &path).unwrap();
        for words in [&["--list"][..], &[], &["passes"]] {
            let ran = run(&path, words, &[]);
            // If the function that creates the cases panics, the exit status is that of a panic in
            // Rust, 101.
            let ran = ran.ends_with(if name == "panics" { 101 } else { 2 });
            assert_eq!(ran.stdout, "");
            contains(&ran.stderr, &[cause]);
            assert!(name == "panics" || ran.stderr.lines().count() == 1, "{}", ran.stderr);
        }
    }
}

fn a_wrong_argument_is_status_2() {
    for words in [
        &["--no-such-flag"][..],
        &["--test-threads=0"],
        &["--test-threads=x"],
        &["--format=junit"],
        &["--shuffle-seed=x"],
    ] {
        let ran = cases(words, &[]).ends_with(2);
        assert_eq!(ran.stdout, "");
        assert_ne!(ran.stderr, "");
    }
    contains(&cases(&["--help"], &[]).ends_with(0).stdout, &["--test-threads"]);
}

fn a_name_that_the_child_does_not_know_is_status_2() {
    let ran = cases(&["--testprog-child", "no_such_case"], &[]).ends_with(2);
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.stderr, "failed to run `no_such_case`: no such scenario; see --list\n");
}
