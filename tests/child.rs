//! Tests the command line of the child program `testprog`.

use std::collections::BTreeSet;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, diff, starts_with};
use testprog_harness::protocol::parse_listing;
use testprog_harness::{Capability, Target, capability};

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
    let cases = parse_listing(&listing).unwrap();
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
    let ours = parse_listing(&ours).unwrap();
    let copy = include_str!("../csrc/standalone/listing.txt");
    for case in parse_listing(copy).unwrap() {
        let mut expected = ours.iter().find(|each| each.name == case.name).unwrap().clone();
        // The C-only child's listing has no mutants, because mutants are faults of the Rust
        // runtime. The C-only child's listing names no missing capabilities, because missing
        // capabilities depend on the target.
        expected.mutants.clear();
        // The topic is the folder of the case's C code.
        expected.topic = None;
        // The Rust child lists the file and the line of the scenario's Rust code, which the C-only
        // child does not contain.
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

/// A row of a matrix, and the skips that the row accepts.
#[derive(Debug, Default)]
struct Row {
    target: String,
    is_static: bool,
    aborts: bool,
    /// Whether QEMU's emulator of Linux programs runs the row.
    is_emulated: bool,
    may_lack: BTreeSet<String>,
}

/// Returns the rows for Rust targets in the text of `.ci/matrix.toml` or of the CI workflow.
fn rows(text: &str) -> Vec<Row> {
    let (mut rows, mut row): (Vec<Row>, Row) = Default::default();
    let words = text.lines().flat_map(|line| {
        // In a one-line YAML mapping, the keys are separated by commas and spaces, but a list in
        // quotation marks has commas only.
        let line = line.trim().trim_start_matches(['-', ' ', '{']);
        let is_mapping = line.starts_with("os: ") && line.contains(", ");
        if is_mapping { line.split(", ").collect() } else { vec![line] }
    });
    for word in words {
        let Some((key, value)) = word.split_once(" = ").or_else(|| word.split_once(": ")) else {
            if word == "[[row]]" {
                row = Row::default();
            }
            continue;
        };
        let value = value.trim_matches(['"', '[', ']', ' ', '}']);
        match key {
            "os" => row = Row::default(),
            "target" | "name" => value.clone_into(&mut row.target),
            "crt" => row.is_static = value == "static",
            "panic" => row.aborts = value == "abort",
            "runner" => row.is_emulated = value.starts_with("qemu-"),
            "may-lack" if !row.target.is_empty() && !value.contains("${{") => {
                let names = value.split(',').map(|name| name.trim_matches([' ', '"']).to_owned());
                row.may_lack = names.filter(|name| !name.is_empty()).collect();
                rows.push(std::mem::take(&mut row));
            }
            _ => {}
        }
    }
    rows
}

/// Returns whether a row lacks a capability that only the scenarios know.
///
/// # Panics
///
/// Panics if this function does not know the capability.
fn lacks_custom(name: &str, row: &Row, target: &Target) -> bool {
    let (os, env) = (&*target.os, &*target.env);
    match name {
        "attr-setstack" | "fixed-bounds" | "overflow-handler" | "posix-spawn" | "thread"
        | "thread-key" => os == "windows",
        "fork" | "stack-limit" | "memory-protection" | "guard-pages" => {
            os == "windows" || os == "wasi"
        }
        "quick-exit" => !matches!(os, "linux" | "android" | "freebsd"),
        "proc" | "proc-maps" | "robust-mutex" => os != "linux",
        "realtime" | "thread-exists" => !matches!(os, "linux" | "android"),
        "thread-cancel" => os == "android",
        "thread-bounds" => false,
        "no-unwind-tables" => os != "linux" || target.arch == "arm",
        "stack-probes" => ["arm", "riscv64", "wasm32"].contains(&&*target.arch),
        "unwinding" => row.aborts,
        "plugin" => os != "linux" || env != "gnu" || row.is_static,
        other => panic!("add `{other}` to this function"),
    }
}

#[test]
fn the_workflow_expects_the_failures_that_the_matrix_expects() {
    let musl = "x86_64-unknown-linux-musl";
    let after_musl = |text: &'static str| text.split_once(musl).unwrap().1;
    let row = after_musl(include_str!("../.ci/matrix.toml")).split("[[row]]").next().unwrap();
    let entries = row.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","));
    let of_matrix: Vec<_> = entries.collect();
    assert!(!of_matrix.is_empty(), "{row}");
    let mut lines = after_musl(include_str!("../.github/workflows/ci.yml")).lines();
    let list = lines.find_map(|line| line.trim().strip_prefix("xfail: \"")).unwrap();
    let of_workflow: Vec<_> = list.trim_end_matches('"').split(',').collect();
    assert_eq!(of_workflow, of_matrix);
}

#[test]
fn each_row_accepts_exactly_the_skips_of_its_target() {
    let output = child(&["--list"]).code(0).get_output().stdout.clone();
    let cases = parse_listing(&String::from_utf8(output).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for (file, text, at_least) in [
        (".ci/matrix.toml", include_str!("../.ci/matrix.toml"), 13),
        (".github/workflows/ci.yml", include_str!("../.github/workflows/ci.yml"), 6),
    ] {
        let rows = rows(text);
        assert!(rows.len() >= at_least, "{file}: {rows:?}");
        for row in rows {
            let target = Target::from_triple(&row.target);
            let is_missing = |name: &&String| match Capability::ALL
                .iter()
                .find(|known| known.name() == **name)
            {
                Some(known) => capability::missing(*known, &target).is_some(),
                None => lacks_custom(name, &row, &target),
            };
            // A scenario skips because of the first capability that the target lacks.
            let first = cases.iter().filter_map(|case| case.needs.iter().find(is_missing));
            let mut expected: BTreeSet<_> = first.cloned().collect();
            if row.is_emulated {
                // QEMU ignores `setrlimit` for `RLIMIT_STACK`, which a scenario notices only while
                // it runs.
                expected.insert("run-time".to_owned());
            }
            if row.may_lack != expected {
                wrong.push(format!("{file}: {row:?} must accept {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
