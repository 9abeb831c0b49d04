//! Tests `--manifest`: cases in a TOML file, for C programs that do not use testprog.
//!
//! This test executable is also a test target whose `main` is `trials::manifest`.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use assert_cmd::assert::Assert;
use libtest_mimic::Trial;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, is_empty};
use serde_json::Value;
use testprog_harness::manifest::Manifest;
use testprog_harness::trials;

use crate::documents::need_validator;
use crate::schema;
use crate::script::{Script, command, refused};
use crate::test_functions::{gated_trial, trials};
use crate::trial::scratch::{executable, scratch};
use crate::trial::tools::need_tool;

/// Environment variable that makes this executable a test target for the manifest with this path.
const MANIFEST: &str = "TEST_OF_THE_MANIFEST";

pub(crate) fn answer() -> Option<ExitCode> {
    env::var_os(MANIFEST).map(trials::manifest)
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut all = trials![
        a_mistake_is_told_with_its_line_and_key,
        a_condition_is_about_the_target,
        durations_and_amounts_have_units,
        cases_are_in_the_order_of_the_file,
        the_tests_of_go_can_be_stated,
        the_schema_has_the_keys_of_the_reader,
        a_program_that_does_not_exist_is_named,
        flags_for_other_programs_are_refused,
        a_listing_can_state_the_same,
    ];
    let compiler = || need_tool("cc", "build-essential");
    all.push(gated_trial!(the_schema_refuses_what_the_reader_refuses, need_validator));
    all.extend([
        gated_trial!(each_kind_of_case_has_its_verdict, compiler),
        gated_trial!(tests_that_exit_with_0_1_and_77, compiler),
        gated_trial!(a_word_on_standard_error, compiler),
        gated_trial!(required_and_forbidden_texts_under_two_environments, compiler),
        gated_trial!(a_program_has_variants, compiler),
        gated_trial!(a_variant_has_the_other_keys_of_its_program, compiler),
        gated_trial!(relative_paths_start_at_the_manifest, compiler),
        gated_trial!(a_second_program_judges_what_the_first_left, compiler),
        gated_trial!(a_core_file_is_inspected, compiler),
        gated_trial!(a_flaky_end_is_known_by_its_output, compiler),
        gated_trial!(a_build_that_fails_leaves_the_other_programs, compiler),
        gated_trial!(only_the_programs_of_chosen_cases_are_built, compiler),
        gated_trial!(defaults_are_for_the_keys_that_a_case_lacks, compiler),
        gated_trial!(a_rerun_line_repeats_a_case, compiler),
        gated_trial!(an_explanation_is_printed, compiler),
        gated_trial!(an_annotation_links_to_the_case_in_the_manifest, compiler),
        gated_trial!(cases_are_chosen_as_those_of_a_listing, compiler),
        gated_trial!(a_test_target_runs_a_manifest, compiler),
        gated_trial!(a_variable_names_the_debugger_of_a_test_target, move || {
            compiler().or_else(|| need_tool("gdb", "gdb"))
        }),
        gated_trial!(nextest_builds_when_it_lists, compiler),
        gated_trial!(a_runner_command_executes_the_programs, compiler),
    ]);
    all
}

/// C program that does what its arguments request, such as `exit 3`.
const SOURCE: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef VARIANT
#define VARIANT "plain"
#endif

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *word = argv[i], *value = argv[i + 1];
        if (strcmp(word, "out") == 0) {
            puts(value);
        } else if (strcmp(word, "err") == 0) {
            fprintf(stderr, "%s\n", value);
        } else if (strcmp(word, "env") == 0) {
            const char *found = getenv(value);
            puts(found ? found : "(unset)");
        } else if (strcmp(word, "file") == 0) {
            FILE *file = fopen(value, "w");
            fputs("cpuHog\n", file);
            fclose(file);
        } else if (strcmp(word, "exit") == 0) {
            return atoi(value);
        } else if (strcmp(word, "abort") == 0) {
            abort();
        } else if (strcmp(word, "sleep") == 0) {
            sleep(atoi(value));
        } else if (strcmp(word, "variant") == 0) {
            puts(VARIANT);
        } else if (strcmp(word, "cwd") == 0) {
            char path[4096];
            puts(getcwd(path, sizeof path));
        }
    }
    printf("%s", argc == 2 ? argv[1] : "");
    return 0;
}
"#;

/// Tables of a manifest that build the program [`SOURCE`].
const PROGRAM: &str = r#"
[program.c]
path = "out/c"
build = ["cc", "-o", "out/c", "c.c"]
"#;

/// Directory with a manifest `m.toml` and with the source of a program.
struct Place(PathBuf);

impl Place {
    /// Creates a directory whose manifest consists of [`PROGRAM`] and `text`.
    fn new(name: &str, text: &str) -> Self {
        Self::of(name, &format!("{PROGRAM}{text}"))
    }

    /// Creates a directory with the manifest `text`.
    fn of(name: &str, text: &str) -> Self {
        let place = Self(scratch(name));
        fs::create_dir_all(&place.0).unwrap();
        fs::write(place.0.join("c.c"), SOURCE).unwrap();
        place.write(text);
        place
    }

    fn write(&self, text: &str) {
        fs::write(self.0.join("m.toml"), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Assert {
        self.command(&[&["--manifest", "m.toml"], arguments].concat())
    }

    fn command(&self, arguments: &[&str]) -> Assert {
        command().current_dir(&self.0).args(arguments).assert()
    }

    /// Runs the manifest and returns the report of each case by the case's name.
    fn cases(&self, arguments: &[&str], status: i32) -> BTreeMap<String, Value> {
        let assert = self.run(&[&["--format", "json"], arguments].concat()).code(status);
        let report: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
        let cases = report["cases"].as_array().unwrap().iter();
        cases.map(|case| (case["name"].as_str().unwrap().to_owned(), case.clone())).collect()
    }

    /// Runs the manifest, and checks the verdict of each case and a part of its reason. If the
    /// expected part of a reason is empty, the reason must be empty.
    fn check(&self, arguments: &[&str], status: i32, expected: &[(&str, &str, &str)]) {
        let cases = self.cases(arguments, status);
        let names: BTreeSet<_> = cases.keys().map(String::as_str).collect();
        assert_eq!(names, expected.iter().map(|(name, ..)| *name).collect::<BTreeSet<_>>());
        for (name, verdict, reason) in expected {
            let case = &cases[*name];
            assert_eq!(case["verdict"], *verdict, "{name}: {case}");
            let text = case["reason"].as_str().unwrap();
            let is_right = if reason.is_empty() { text.is_empty() } else { text.contains(reason) };
            assert!(is_right, "{name}: `{text}` instead of `{reason}`");
        }
    }

    /// Returns the entry of each case of `list`, by the case's name.
    fn listed(&self, arguments: &[&str]) -> BTreeMap<String, Value> {
        let words = ["list", "--format", "json", "--manifest", "m.toml"];
        let assert = self.command(&[&words, arguments].concat()).success();
        let listed: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
        let cases = listed["cases"].as_array().unwrap().iter();
        cases.map(|case| (case["name"].as_str().unwrap().to_owned(), case.clone())).collect()
    }
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn each_kind_of_case_has_its_verdict() {
    let place = Place::new("kinds", include_str!("documents/kinds.toml"));
    place.check(
        &["-j1"],
        1,
        &[
            ("name_is_the_argument", "pass", ""),
            ("no_arguments", "pass", ""),
            ("status", "pass", ""),
            ("wrong_status", "fail", "exited with status 4"),
            ("set_of_statuses", "pass", ""),
            ("range_of_statuses", "pass", ""),
            ("outside_the_range", "fail", "exited with status 5"),
            ("signal", "pass", ""),
            ("other_signal", "fail", "died of SIGABRT"),
            ("aborts", "pass", ""),
            ("crashes", "pass", ""),
            ("panics", "pass", ""),
            ("panics_with_a_message", "fail", "but did not print `out of paper`"),
            ("hangs", "pass", ""),
            ("deadline", "fail", "did not end within 0.200 s"),
            ("answers", "pass", ""),
            ("any_end", "pass", ""),
            ("equals", "pass", ""),
            ("differs", "fail", "requires output equal to `one`"),
            ("contains_all", "pass", ""),
            ("contains_not_all", "fail", "requires output containing `four`"),
            ("lacks", "fail", "requires output without `two`"),
            ("starts_with", "pass", ""),
            ("starts_otherwise", "fail", "requires output starting with `two`"),
            ("matches", "pass", ""),
            ("matches_not", "fail", "requires output matching the regex `^two$`"),
            ("announced", "pass", ""),
            ("announced_in_vain", "fail", "that its first line announces after `expect: `"),
            ("standard_error", "pass", ""),
            ("merged", "pass", ""),
            ("merged_despite_the_flag", "pass", ""),
            ("not_merged", "fail", "its standard output is wrong"),
            ("merged_by_flag", "pass", ""),
            ("environment", "pass", ""),
            ("first_of_two", "pass", "first"),
            ("known_of_two", "pass", "second, a known fault: https://example.org/2"),
            ("none_of_two", "fail", "none of the expected ends"),
            ("known_bug", "xfail", "https://example.org/1"),
            ("known_bug_is_gone", "xpass", "https://example.org/1"),
            ("known_bug_with_its_failure", "xfail", "https://example.org/1"),
            ("known_bug_with_another_failure", "fail", "recorded with another failure"),
            ("skipped", "unsupported", "exited with status 0: no display"),
            ("not_a_skip", "pass", ""),
            ("another_system", "unsupported", "target: needs another system"),
            ("directory", "pass", ""),
            ("limit", "fail", "died of SIGXFSZ"),
            ("serial", "pass", ""),
        ],
    );
}

fn tests_that_exit_with_0_1_and_77() {
    // With Automake, a test program that exits with status 77 is skipped
    // (<https://www.gnu.org/software/automake/manual/html_node/Scripts_002dbased-Testsuites.html>).
    let place = Place::new(
        "automake",
        "[defaults]\nskip.exits = 77\n\
         [[case]]\nname = \"passes\"\nargs = [\"exit\", \"0\"]\n\
         [[case]]\nname = \"fails\"\nargs = [\"exit\", \"1\"]\n\
         [[case]]\nname = \"skips\"\nargs = [\"err\", \"no network\", \"exit\", \"77\"]\n",
    );
    let expected = [
        ("passes", "pass", ""),
        ("fails", "fail", "exited with status 1"),
        ("skips", "unsupported", "exited with status 77: no network"),
    ];
    place.check(&[], 1, &expected);
    // `--may-lack run-time` accepts a case that its program skips by an exit status.
    place.check(&["--may-lack", "run-time", "skips"], 0, &expected[2..]);
    let refused = [("skips", "fail", "exited with status 77: no network")];
    place.check(&["--strict", "skips"], 1, &refused);
}

fn a_word_on_standard_error() {
    let place = Place::new(
        "word",
        "[[case]]\nname = \"separate\"\nargs = [\"err\", \"OK\"]\nstderr.equals = \"OK\\n\"\nstdout.equals = \"\"\n\
         [[case]]\nname = \"merged\"\nargs = [\"err\", \"OK\"]\noutput.equals = \"OK\\n\"\n\
         [[case]]\nname = \"wrong\"\nargs = [\"err\", \"OK\"]\nstdout.equals = \"OK\\n\"\n",
    );
    place.check(
        &[],
        1,
        &[("separate", "pass", ""), ("merged", "pass", ""), ("wrong", "fail", "standard output")],
    );
}

fn required_and_forbidden_texts_under_two_environments() {
    let text = "[[case]]\nname = \"tells\"\nargs = [\"out\", \"one\", \"err\", \"two\", \"env\", \"MODE\"]\n\
         environments.early = { MODE = \"three\" }\nenvironments.late = { MODE = \"3 LEAK\" }\n\
         env = { MODE = \"of the case\", OTHER = \"x\" }\n\
         output = { contains = [\"one\", \"two\", \"three\"], lacks = \"leak\" }\n";
    let place = Place::new("environments", text);
    let missing = ("tells@late", "fail", "requires output containing `three`");
    place.check(&[], 1, &[("tells@early", "pass", ""), missing]);
    place.write(
        &format!("{PROGRAM}{text}").replace("\"leak\"", "\"LEAK\"").replace("\"three\"],", "],"),
    );
    let forbidden = ("tells@late", "fail", "requires output without `LEAK`");
    place.check(&[], 1, &[("tells@early", "pass", ""), forbidden]);
    let cases = place.cases(&[], 1);
    let rerun = cases["tells@late"]["rerun"].as_str().unwrap();
    assert_eq!(rerun.matches("MODE").count(), 2, "one value, and one argument: {rerun}");
    let env = &place.listed(&[])["tells@late"]["env"];
    assert_eq!(*env, serde_json::json!({ "MODE": "3 LEAK", "OTHER": "x" }));
}

fn a_program_has_variants() {
    let variants = r#"
        [program.c.variant.asan]
        path = "out/asan"
        build = ["cc", "-DVARIANT=\"asan\"", "-o", "out/asan", "c.c"]
        [program.c.variant.pie]
        path = "out/pie"
        build = ["cc", "-DVARIANT=\"pie\"", "-o", "out/pie", "c.c"]
        cfg = 'cfg(target_os = "none")'
        reason = "not built"
        [program.other]
        path = "out/other"
        build = ["cc", "-DVARIANT=\"other\"", "-o", "out/other", "c.c"]
        args = ["out", "first"]
    "#;
    let cases = r#"
        [[case]]
        name = "says"
        program = ["c", "c@asan", "c@pie"]
        args = ["variant", ""]
        stdout = "asan"
        [[case]]
        name = "says_other"
        program = "other"
        args = ["variant", ""]
        stdout.equals = "first\nother\n"
    "#;
    let place = Place::new("variants", &format!("{variants}{cases}"));
    place.check(
        &[],
        1,
        &[
            ("says", "fail", "containing `asan`"),
            ("says@asan", "pass", ""),
            ("says@pie", "unsupported", "target: not built"),
            ("says_other", "pass", ""),
        ],
    );
    assert!(!place.0.join("out/pie").exists(), "a program that does not run is not built");
}

fn a_variant_has_the_other_keys_of_its_program() {
    let program = "[program.c]\npath = \"out/c\"\nbuild = [\"cc\", \"-o\", \"out/c\", \"c.c\"]\n\
         args = [\"out\", \"first\"]\nrunner = [\"env\", \"WHO=base\"]\n\
         [program.c.variant.v]\npath = \"out/v\"\nbuild = [\"cc\", \"-o\", \"out/v\", \"c.c\"]\n\
         [program.c.variant.w]\npath = \"out/w\"\nbuild = [\"cc\", \"-o\", \"out/w\", \"c.c\"]\nrunner = [\"env\", \"WHO=own\"]\n";
    let place = Place::of(
        "inherits",
        &format!(
            "{program}[defaults]\nargs = [\"env\", \"WHO\"]\n\
             [[case]]\nname = \"a\"\nprogram = [\"c\", \"c@v\"]\nstdout.equals = \"first\\nbase\\n\"\n\
             [[case]]\nname = \"b\"\nprogram = \"c@w\"\nstdout.equals = \"first\\nown\\n\"\n"
        ),
    );
    place.check(&[], 0, &[("a", "pass", ""), ("a@v", "pass", ""), ("b@w", "pass", "")]);
    // A variant does not inherit the keys `path` and `build` of its program.
    place.write(
        "[program.c]\npath = \"out/c\"\n[program.c.variant.v]\nargs = []\n[[case]]\nname = \"a\"\n",
    );
    refused(place.run(&[]), 2, "`m.toml:3`: `program.c.variant.v.path`: this key is missing");
    place.write(&format!("{PROGRAM}[program.c.variant.v]\npath = \"out/gone\"\n[[case]]\nname = \"a\"\nprogram = \"c@v\"\n"));
    refused(place.run(&[]), 2, "failed to find `out/gone`");
    // A program with `command` is a program of its own beside its variants.
    place.write(
        "[program.c]\ncommand = \"true\"\n[program.c.variant.v]\ncommand = \"false\"\n\
         [[case]]\nname = \"a\"\nprogram = [\"c\", \"c@v\"]\n",
    );
    place.check(&[], 1, &[("a", "pass", ""), ("a@v", "fail", "exited with status 1")]);
}

fn relative_paths_start_at_the_manifest() {
    let place = Place::new(
        "paths",
        "[[case]]\nname = \"directory\"\nargs = [\"cwd\", \"\"]\nworking-directory = \"sub\"\nstdout.matches = '/paths/sub\\n'\n\
         [[case]]\nname = \"inspects\"\nargs = [\"file\", \"f\"]\ninspect = { command = [\"sub/judge\", \"x\"], stdout = \"judged x\" }\n",
    );
    fs::create_dir(place.0.join("sub")).unwrap();
    executable(&place.0.join("sub/judge"), b"#!/bin/sh\ntest -f f && echo judged $1\n");
    let mut run = command();
    run.current_dir(place.0.parent().unwrap()).args(["--manifest", "paths/m.toml"]);
    run.assert().success().stdout(contains("2 passed"));
}

fn a_second_program_judges_what_the_first_left() {
    let case = |name: &str, rest: &str| {
        format!(
            "[[case]]\nname = \"{name}\"\nargs = [\"file\", \"prof\", \"out\", \"prof\"]\n{rest}\n"
        )
    };
    let inspect = |script: &str, rest: &str| {
        format!("inspect = {{ command = [\"sh\", \"-c\", '{script}'], {rest} }}")
    };
    let read = "cat \"$TESTPROG_STDOUT\" && test -x \"$TESTPROG_PROGRAM\" && echo $MODE >&2";
    let text = [
        case("reads", &inspect(read, "stdout = \"cpuHog\"")),
        case(
            "has_the_environment",
            &(inspect(read, "stderr = \"fast\"") + "\nenv.MODE = \"fast\""),
        ),
        case("finds_nothing", &inspect(read, "stdout = \"memHog\"")),
        case("exits", &inspect("echo gone >&2; exit 3", "stdout = []")),
        case("exits_as_expected", &inspect("exit 3", "exits = 3")),
        case("hangs", &(inspect("exec sleep 99", "exits = 3") + "\ndeadline = \"300ms\"")),
        case(
            "is_not_started",
            "exits = 1\ninspect.command = [\"sh\", \"-c\", \"echo > started\"]\nworking-directory = \".\"",
        ),
        case("cannot_start", "inspect.command = [\"no-such-program\"]"),
        case(
            "has_a_bug",
            &(inspect("exit 3", "exits = 0") + "\nknown-bug = \"https://example.org/1\""),
        ),
        case(
            "runs_in_its_directory",
            &(inspect("test -f c.c", "exits = 0") + "\nworking-directory = \".\""),
        ),
    ];
    let place = Place::new("inspect", &text.concat());
    fs::write(place.0.join("judge"), "").unwrap();
    place.check(
        &[],
        1,
        &[
            ("reads", "pass", ""),
            ("has_the_environment", "pass", ""),
            ("finds_nothing", "fail", "inspection by `sh -c cat"),
            ("exits", "fail", "failed: exited with status 3"),
            ("exits_as_expected", "pass", ""),
            ("hangs", "fail", "did not end within 0.300 s"),
            ("is_not_started", "fail", "exited with status 0"),
            ("cannot_start", "unresolved", "no directory of PATH has `no-such-program`"),
            ("has_a_bug", "xfail", "https://example.org/1"),
            ("runs_in_its_directory", "pass", ""),
        ],
    );
    assert!(!place.0.join("started").exists());
    // The report of a failed inspection shows the output of the inspecting command, and the
    // expected output.
    let report = stdout(&place.run(&["--exact", "exits"]).code(1));
    assert!(report.contains("  because:\n    | gone\n"), "{report}");
    // Only with `--keep`, the directory of a failed case remains, and the report contains the
    // directory's path.
    let directory = |arguments: &[&str]| {
        let case = &place.cases(&[&["--exact", "exits"], arguments].concat(), 1)["exits"];
        case["artifacts"]["directory"].as_str().map(str::to_owned)
    };
    assert_eq!(directory(&[]), None);
    fs::remove_dir_all(directory(&["--keep"]).unwrap()).unwrap();
    let parent = scratch("tmp");
    fs::create_dir_all(&parent).unwrap();
    let run = |arguments: &[&str]| {
        let mut run = command();
        run.current_dir(&place.0).env("TMPDIR", &parent).args(["--manifest", "m.toml"]);
        stdout(&run.args(arguments).assert())
    };
    let report = run(&["exits"]);
    assert!(!report.contains("kept:"), "{report}");
    assert_eq!(fs::read_dir(&parent).unwrap().count(), 0);
    let report = run(&["--exact", "exits", "--keep"]);
    assert!(report.contains("kept:"), "{report}");
    assert_eq!(fs::read_dir(&parent).unwrap().count(), 1);
}

fn a_core_file_is_inspected() {
    // The kernel writes a core file into the child's directory only if the pattern is `core`
    // (core(5)).
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let has_core = pattern.trim() == "core";
    let place = Place::new(
        "core",
        "[[case]]\nname = \"aborts\"\nargs = [\"abort\", \"\"]\naborts = true\n\
         inspect.command = [\"sh\", \"-c\", 'head -c 4 \"$TESTPROG_CORE\"']\ninspect.stdout = \"ELF\"\n",
    );
    let cases = place.cases(&[], i32::from(!has_core));
    let verdict = if has_core { "pass" } else { "fail" };
    assert_eq!(cases["aborts"]["verdict"], verdict, "{cases:?}");
}

fn a_flaky_end_is_known_by_its_output() {
    let flaky = "flaky = [\n\
         { link = \"https://example.org/7\", output = \"unknown pc\" },\n\
         { link = \"https://example.org/8\", cfg = 'cfg(target_os = \"none\")' },\n\
         { link = \"https://example.org/9\", exits = 9 },\n]\n";
    let case = |name: &str, args: &str| {
        format!("[[case]]\nname = \"{name}\"\nargs = {args}\noutput.lacks = \"runtime: \"\n{flaky}")
    };
    let place = Place::new(
        "flaky",
        &[
            case("as_expected", r#"["out", "fine"]"#),
            case("by_output", r#"["err", "runtime: unknown pc", "exit", "2"]"#),
            case("by_status", r#"["exit", "9"]"#),
            case("other", r#"["exit", "8"]"#),
            case("one_of", r#"["exit", "6"]"#)
                + "one-of = [{ name = \"six\", exits = 6 }, { name = \"five\", exits = 5 }]\n",
        ]
        .concat(),
    );
    let other = ("other", "fail", "exited with status 8");
    let by_output = "flaky, a known fault: https://example.org/7";
    place.check(
        &[],
        1,
        &[
            ("as_expected", "pass", "expected"),
            ("by_output", "pass", by_output),
            ("by_status", "pass", "flaky-2, a known fault: https://example.org/9"),
            other,
            ("one_of", "pass", "six"),
        ],
    );
    // A strict run does not accept a known fault.
    place.check(&["--strict", "by_output"], 1, &[("by_output", "fail", "which --strict refuses")]);
}

fn a_build_that_fails_leaves_the_other_programs() {
    let place = Place::new(
        "build",
        "[program.broken]\npath = \"out/broken\"\nbuild = [\"cc\", \"-o\", \"out/broken\", \"no-such-file.c\"]\n\
         [program.nothing]\npath = \"out/nothing\"\nbuild = [\"true\"]\n\
         [program.unknown]\npath = \"out/unknown\"\nbuild = [\"no-such-compiler\"]\n\
         [[case]]\nname = \"ok\"\nprogram = \"c\"\n\
         [[case]]\nname = \"a\"\nprogram = \"broken\"\n\
         [[case]]\nname = \"b\"\nprogram = \"nothing\"\n\
         [[case]]\nname = \"d\"\nprogram = \"unknown\"\n",
    );
    place.check(
        &[],
        4,
        &[
            ("ok", "pass", ""),
            ("a", "unresolved", "failed to build `broken`: `cc -o out/broken no-such-file.c` ended with exit status: 1"),
            ("b", "unresolved", "nothing`: No such file or directory (os error 2), although its build succeeded"),
            ("d", "unresolved", "failed to build `unknown`: `no-such-compiler`: No such file"),
        ],
    );
}

fn only_the_programs_of_chosen_cases_are_built() {
    let place = Place::new(
        "chosen",
        "[program.broken]\npath = \"out/broken\"\nbuild = [\"sh\", \"-c\", \"echo building; exit 1\"]\n\
         [[case]]\nname = \"ok\"\nprogram = \"c\"\n\
         [[case]]\nname = \"bad\"\nprogram = \"broken\"\n",
    );
    let nothing_built = || !place.0.join("out").exists();
    place.listed(&[]);
    assert!(nothing_built(), "`list` builds nothing");
    place.run(&["no such case"]).code(3);
    assert!(nothing_built());
    place.run(&["ok"]).code(0).stderr(is_empty());
    place.run(&["bad"]).code(4).stderr(contains("building"));
}

fn defaults_are_for_the_keys_that_a_case_lacks() {
    let place = Place::new(
        "defaults",
        "[defaults]\nargs = [\"env\", \"A\", \"env\", \"B\", \"err\", \"x\"]\nenv = { A = \"1\", B = \"2\" }\n\
         output.equals = \"1\\n2\\nx\\n\"\ndeadline = \"7s\"\nlimits = { open-files = 64, core = \"1KiB\" }\n\
         [[case]]\nname = \"plain\"\n\
         [[case]]\nname = \"own_variable\"\nenv.B = \"3\"\noutput.equals = \"1\\n3\\nx\\n\"\n\
         [[case]]\nname = \"own_end\"\nexits = 0\ndeadline = \"8s\"\nlimits.core = 0\n",
    );
    let passes = |name| (name, "pass", "");
    place.check(&[], 0, &[passes("plain"), passes("own_variable"), passes("own_end")]);
    let listed = place.listed(&[]);
    assert_eq!(listed["plain"]["deadline_ms"], 7000);
    assert_eq!(listed["own_end"]["deadline_ms"], 8000);
    let limits = |name: &str| {
        let limits = listed[name]["limits"].as_array().unwrap().iter();
        limits.map(|limit| limit.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let set = |limits: [&str; 2]| limits.map(str::to_owned).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(limits("plain"), set(["open-files=64", "core=1024"]));
    assert_eq!(limits("own_end"), set(["open-files=64", "core=0"]));
    // An expectation of a case replaces the whole expectation of the defaults.
    assert_eq!(listed["own_end"]["expected"], "exit with status 0");
    assert!(listed["own_end"].get("merge_output").is_none());
}

fn a_rerun_line_repeats_a_case() {
    let place = Place::new(
        "rerun",
        "[[case]]\nname = \"here\"\nargs = [\"env\", \"MODE\", \"err\", \"two words\"]\nenv.MODE = \"it's\"\noutput.equals = \"x\"\n\
         [[case]]\nname = \"there\"\nargs = [\"cwd\", \"\"]\nworking-directory = \"sub\"\nstdout.equals = \"x\"\n",
    );
    fs::create_dir(place.0.join("sub")).unwrap();
    let cases = place.cases(&[], 1);
    let rerun = |name: &str| {
        let line = cases[name]["rerun"].as_str().unwrap();
        let output = Command::new("sh").args(["-c", line]).current_dir(&place.0).output().unwrap();
        (line.to_owned(), String::from_utf8(output.stdout).unwrap())
    };
    let (line, printed) = rerun("here");
    assert_eq!(line, r"MODE='it'\''s' out/c env MODE err 'two words' 2>&1");
    assert_eq!(printed, "it's\ntwo words\n");
    let (line, printed) = rerun("there");
    let sub = place.0.join("sub");
    assert!(line.starts_with(&format!("cd {} && /", sub.display())), "{line}");
    assert_eq!(printed.trim_end(), sub.canonicalize().unwrap().to_str().unwrap());
    // A shell searches a program without a folder in `PATH`.
    place.write(
        "[program.c]\npath = \"c\"\nbuild = [\"cc\", \"-o\", \"c\", \"c.c\"]\n\
         [[case]]\nname = \"bare\"\nargs = [\"out\", \"found\"]\nexits = 1\n",
    );
    let line = place.cases(&[], 1)["bare"]["rerun"].as_str().unwrap().to_owned();
    let output = Command::new("sh").args(["-c", &line]).current_dir(&place.0).output().unwrap();
    assert_eq!((&*line, &*output.stdout), ("./c out found", &b"found\n"[..]));
}

fn an_explanation_is_printed() {
    let text = "[[case]]\nname = \"a\"\nargs = [\"exit\", \"3\"]\n\
                explanation = \"\"\"\nThe program exits.\n\\u001b[2J A second line.\"\"\"\n\
                [[case]]\nname = \"b\"\nargs = [\"exit\", \"0\"]\n";
    let place = Place::new("explanation", text);
    let explain = |name: &str| place.command(&["explain", "--manifest", "m.toml", name]);
    let printed = stdout(&explain("a").code(0));
    assert_eq!(
        printed,
        "a\n\nThe program exits.\n\\x1b[2J A second line.\n\nexpects  exit with status 0\nargument exit\nargument 3\n"
    );
    explain("b").code(3).stdout(is_empty()).stderr(contains(
        "failed to explain `b`: the program has no explanation of this scenario; the key `explanation` adds one",
    ));
    explain("c").code(3).stderr(contains("failed to find `c`: no scenario has this name"));
    // The report of a failure names the command.
    let report = stdout(&place.run(&[]).code(1));
    let line = "\n  explain:  cargo testprog explain --manifest m.toml a\n";
    assert_eq!(report.matches("explain:").count(), 1, "{report}");
    assert!(report.contains(line), "{report}");
}

fn an_annotation_links_to_the_case_in_the_manifest() {
    let place = Place::new(
        "annotation",
        "[[case]]\nname = \"fails\"\nargs = [\"exit\", \"3\"]\n\n\
         [[case]]\nargs = [\"exit\", \"4\"]\nenvironments.x = {}\n\
         name = \"too\"\n",
    );
    fs::create_dir_all(place.0.join(".git")).unwrap();
    let text = fs::read_to_string(place.0.join("m.toml")).unwrap();
    let line_of = |word: &str| text.lines().position(|line| line.contains(word)).unwrap() + 1;
    let (first, second) = (line_of("\"fails\""), line_of("\"too\""));
    let place_of = |name: &str, line| format!("::error file={name},line={line},title=FAIL%3A ");
    let printed = stdout(&place.run(&["--format", "github"]).code(1));
    assert!(printed.contains(&(place_of("m.toml", first) + "fails::")), "{printed}");
    assert!(printed.contains(&(place_of("m.toml", second) + "too@x::")), "{printed}");
    // In another directory of the repository, the place is relative to the top folder.
    fs::create_dir(place.0.join("sub")).unwrap();
    let mut other = command();
    other.current_dir(place.0.join("sub")).args(["--manifest", "../m.toml", "--format", "github"]);
    let printed = stdout(&other.assert().code(1));
    assert!(printed.contains(&(place_of("m.toml", first) + "fails::")), "{printed}");
}

fn cases_are_chosen_as_those_of_a_listing() {
    let case = |name: &str, rest: &str| {
        format!("[[case]]\nname = \"{name}\"\nargs = [\"exit\", \"0\"]\n{rest}\n")
    };
    let text = [
        case("sums::a", ""),
        case("sums::b", "exits = 1"),
        case("long::c", "long = true"),
        case("long::d", "long = 'cfg(not(target_os = \"none\"))'"),
        case("long::e", "long = 'cfg(target_os = \"none\")'"),
    ];
    let place = Place::new("choice", &text.concat());
    let names = |arguments: &[&str], status| {
        place.cases(arguments, status).keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&["sums"], 1), "sums::a sums::b");
    assert_eq!(names(&["--last-failed"], 1), "sums::b");
    assert_eq!(names(&["--exact", "sums::a"], 0), "sums::a");
    assert_eq!(names(&["--short"], 1), "long::e sums::a sums::b");
    place.run(&["--short", "c"]).code(3).stderr(contains("the filters and `--short` select none"));
    let human = stdout(&place.run(&["--short"]).code(1));
    assert!(human.contains("3 cases (2 left out by the filter)"), "{human}");
    let shards = [names(&["--shard=1/2", "--skip=b"], 0), names(&["--shard=2/2", "--skip=b"], 0)];
    let mut all: Vec<_> = shards.iter().flat_map(|names| names.split(' ')).collect();
    all.sort_unstable();
    assert_eq!(all, ["long::c", "long::d", "long::e", "sums::a"]);
    // Reports that contain the name of a program contain the name of the manifest instead.
    let junit = stdout(&place.run(&["--format", "junit"]).code(1));
    assert!(junit.contains("<testsuite name=\"m\""), "{junit}");
    place.run(&["--format", "tap"]).code(1).stdout(contains("not ok 2 - sums::b"));
    // The report describes the target, although a program without testprog cannot describe the
    // target.
    let report =
        place.run(&["--format", "json", "--exact", "sums::a", "--target", "x86_64-pc-windows-gnu"]);
    let report: Value = serde_json::from_slice(&report.get_output().stdout).unwrap();
    assert_eq!(report["target"]["triple"], "x86_64-pc-windows-gnu");
    assert_eq!(report["target"]["os"], "windows");
}

/// Runs this executable as a test target with a manifest.
fn test_target(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> Assert {
    let mut command = assert_cmd::Command::new(env::current_exe().unwrap());
    let names = ["NEXTEST", "NEXTEST_RUN_ID", "TESTPROG_MAY_LACK", "TESTPROG_SHORT"];
    for name in names.into_iter().chain(["TESTPROG_DEBUGGER"]) {
        command.env_remove(name);
    }
    command.current_dir(&place.0).env(MANIFEST, "m.toml").envs(variables.iter().copied());
    command.args(arguments).assert()
}

fn a_variable_names_the_debugger_of_a_test_target() {
    let case = "[[case]]\nname = \"aborts\"\nargs = [\"abort\", \"\"]\n";
    let place = Place::new("debugger", case);
    let run = |name: &str| test_target(&place, &[], &[("TESTPROG_DEBUGGER", name)]);
    for name in ["gdb", "auto"] {
        let fault = contains("  fault:    SI_TKILL from process ");
        run(name).code(101).stdout(contains("  backtrace ").and(contains(" in main (")).and(fault));
    }
    run("").code(101).stdout(contains("backtrace").not());
    let refused = run("windbg").code(2).stdout(is_empty());
    refused
        .stderr(contains("failed to read TESTPROG_DEBUGGER=`windbg`: failed to find `windbg`: "));
}

fn a_test_target_runs_a_manifest() {
    let place = Place::new(
        "target",
        "[[case]]\nname = \"sums::passes\"\n\
         [[case]]\nname = \"fails\"\nexits = 1\n\
         [[case]]\nname = \"another_system\"\ncfg = 'cfg(target_os = \"none\")'\n\
         [[case]]\nname = \"takes_long\"\nlong = true\n",
    );
    let line = |name: &str, end: &str| {
        predicates::str::is_match(format!("(?m)^test {name} +\\.\\.\\. {end}")).unwrap()
    };
    test_target(&place, &[], &[])
        .code(101)
        .stdout(line("sums::passes", "ok"))
        .stdout(line("fails", "FAILED"))
        .stdout(line("another_system", "ignored"))
        .stdout(line("takes_long", "ok"))
        .stdout(contains(format!("rerun:    {} fails", place.0.join("out/c").display())));
    let short = [("TESTPROG_SHORT", "1")];
    test_target(&place, &["long"], &short).success().stdout(line("takes_long", "ignored"));
    test_target(&place, &["long"], &[("TESTPROG_SHORT", "0")])
        .success()
        .stdout(line("takes_long", "ok"));
    test_target(&place, &["long", "--ignored"], &short).success().stdout(line("takes_long", "ok"));
    fs::write(place.0.join("m.toml"), "[[case]]\n").unwrap();
    test_target(&place, &[], &[]).code(2).stderr(contains("failed to read `m.toml:1`: `name`"));
}

fn nextest_builds_when_it_lists() {
    let place = Place::new("nextest", "[[case]]\nname = \"a\"\n");
    let executable = place.0.join("out/c");
    test_target(&place, &["--list"], &[]).success().stdout(contains("a: test"));
    assert!(!executable.exists(), "a list without cargo-nextest builds nothing");
    let listing = [("NEXTEST", "1")];
    test_target(&place, &["--list", "--format", "terse"], &listing).success();
    assert!(executable.exists());
    fs::remove_file(&executable).unwrap();
    let running = [("NEXTEST", "1"), ("NEXTEST_RUN_ID", "x")];
    test_target(&place, &["--exact", "a"], &running)
        .code(101)
        .stdout(contains("failed to start `").and(contains("/out/c`: No such file")));
    assert!(!executable.exists(), "a run by cargo-nextest builds nothing");
}

fn a_runner_command_executes_the_programs() {
    let place = Place::new(
        "runner",
        "[program.own]\npath = \"out/c\"\nrunner = [\"env\", \"WHO=own\"]\n\
         [defaults]\nargs = [\"env\", \"WHO\"]\n\
         [[case]]\nname = \"a\"\nprogram = \"c\"\nstdout = \"flag\"\n\
         [[case]]\nname = \"b\"\nprogram = \"own\"\nstdout = \"own\"\n",
    );
    place.check(&["--runner", "env WHO=flag"], 0, &[("a", "pass", ""), ("b", "pass", "")]);
    place.check(&["a"], 1, &[("a", "fail", "containing `flag`")]);
}

/// Manifests with one mistake each, and the end of the error message from the number of the line
/// on.
const MISTAKES: &[(&str, &str)] = &[
    ("", "1`: the file has no [[case]]"),
    ("# nothing\n", "1`: the file has no [[case]]"),
    ("case = []\n", "1`: the file has no [[case]]"),
    ("[[case]\n", "1`: unclosed array table, expected `]`"),
    (
        "[case]\nname = \"a\"\n",
        "1`: `case`: expected `[[case]]`, with two brackets, but the value is a table",
    ),
    (
        "cases = 1\n",
        "1`: `cases`: unknown key; the keys here are `target`, `program`, `defaults`, `case`",
    ),
    ("target = 1\n[[case]]\n", "1`: `target`: expected a string, but the value is the integer 1"),
    (
        "defaults = 1\n[[case]]\n",
        "1`: `defaults`: expected a table, but the value is the integer 1",
    ),
    (
        "[defaults]\nname = \"a\"\n[[case]]\n",
        "2`: `defaults.name`: unknown key; the keys here are `program`, ",
    ),
    (
        "program = \"c\"\n[[case]]\n",
        "1`: `program`: expected a table, but the value is the string `c`",
    ),
    ("[program.c]\n[[case]]\nname = \"a\"\n", "1`: `program.c.path`: this key is missing"),
    ("[program.c]\npath = \"\"\n", "2`: `program.c.path`: the string is empty"),
    (
        "[program.c]\npath = \"c\"\nbuild = \"cc\"\n",
        "3`: `program.c.build`: expected an array of the command's words, but the value is the string `cc`",
    ),
    ("[program.c]\npath = \"c\"\nbuild = []\n", "3`: `program.c.build`: the command is empty"),
    ("[program.c]\npath = \"c\"\nbuild = [\"\"]\n", "3`: `program.c.build`: the command is empty"),
    (
        "[program.c]\npath = \"c\"\ncommand = \"c\"\n",
        "2`: `program.c.path`: a program cannot have both `path` and `command`",
    ),
    (
        "[program.c]\npath = \"c\"\nbild = 1\n",
        "3`: `program.c.bild`: unknown key; the keys here are `path`, ",
    ),
    (
        "[program.c]\npath = \"c\"\nreason = \"x\"\n",
        "3`: `program.c.reason`: a reason without `cfg` explains nothing",
    ),
    (
        "[program.\"a@b\"]\npath = \"c\"\n",
        "1`: `program.a@b`: the name of a program is one word without `@`",
    ),
    (
        "[program.\"\"]\npath = \"c\"\n",
        "1`: `program.`: the name of a program is one word without `@`",
    ),
    (
        "[program.\"a b\"]\npath = \"c\"\n",
        "1`: `program.a b`: the name of a program is one word without `@`",
    ),
    (
        "[program]\npath = \"c\"\n",
        "2`: `program.path`: expected a table such as `[program.NAME]`, but the value is the string `c`",
    ),
    ("[program.c.variant.x]\n", "1`: `program.c.variant.x.path`: this key is missing"),
    (
        "[program.c]\npath = \"c\"\n[program.c.variant.x]\npath = \"x\"\nvariant = 1\n",
        "5`: `program.c.variant.x.variant`: unknown key",
    ),
];

/// Cases with one mistake each, and the end of the error message from the number of the line on.
/// The number counts the lines after [`BEFORE_CASE`].
const MISTAKES_OF_CASES: &[(&str, &str)] = &[
    ("", "0`: `name`: this key is missing"),
    ("name = 1", "1`: `name`: expected a string, but the value is the integer 1"),
    (
        "name = \"\"",
        "1`: `name`: `` is not a name of 1 to 255 letters, digits and ASCII signs other than `/`",
    ),
    ("name = \"two words\"", "1`: `name`: `two words` is not a name"),
    (
        "name = \"a\"\nnam = \"b\"",
        "2`: `nam`: unknown key; the keys here are `name`, `program`, `args`, ",
    ),
    ("name = \"a\"\nname = \"b\"", "2`: `name`: duplicate key"),
    ("name = \"a\"\nenv.A = \"1\"\nenv.A = \"2\"", "3`: `A`: duplicate key"),
    (
        "name = \"a\"\nargs = [\"C:\\dir\"]",
        "2`: missing escaped value, expected `b`, `e`, `f`, `n`, `r`, `\\`, `\"`, `x`, `u`, `U`; in a string such as 'C:\\dir', a backslash is literal",
    ),
    (
        "name = \"a\"\nwOrking_directory = \"x\"",
        "2`: `wOrking_directory`: unknown key; did you mean `working-directory`?",
    ),
    (
        "name = \"a\"\nstdout.startsWith = \"x\"",
        "2`: `stdout.startsWith`: unknown key; did you mean `starts-with`?",
    ),
    ("name = \"a\"\nprogram = \"d\"", "2`: `program`: no program `d`; the programs are `c`"),
    ("name = \"a\"\nprogram = []", "2`: `program`: the array has no program"),
    (
        "name = \"a\"\nprogram = [\n\"c\",\n1]",
        "4`: `program[1]`: expected a string, but the value is the integer 1",
    ),
    (
        "name = \"a\"\nprogram = [\"c\", \"c\"]",
        "1`: `name`: the case of line 5 already has the name `a`",
    ),
    (
        "name = \"a\"\n[[case]]\nname = \"a\"",
        "3`: `name`: the case of line 5 already has the name `a`",
    ),
    ("name = \"a\"\nargs = 1", "2`: `args`: expected a string, but the value is the integer 1"),
    (
        "name = \"a\"\nenv = { A = 1 }",
        "2`: `env.A`: expected a string, but the value is the integer 1",
    ),
    (
        "name = \"a\"\nenv = { \"A=B\" = \"1\" }",
        "2`: `env.A=B`: this is not the name of an environment variable",
    ),
    (
        "name = \"a\"\nenv = { \"\" = \"1\" }",
        "2`: `env.`: this is not the name of an environment variable",
    ),
    ("name = \"a\"\nenv = { A = \"\\u0000\" }", "2`: `env.A`: the value has a zero byte"),
    ("name = \"a\"\nenvironments = {}", "2`: `environments`: the table has no environment"),
    (
        "name = \"a\"\nenvironments.\"x y\" = {}",
        "2`: `environments.x y`: `x y` cannot be a part of a case's name",
    ),
    ("name = \"a\"\nworking-directory = \"\"", "2`: `working-directory`: the string is empty"),
    (
        "name = \"a\"\nmerge-output = \"yes\"",
        "2`: `merge-output`: expected `true` or `false`, but the value is the string `yes`",
    ),
    (
        "name = \"a\"\nserial = 1",
        "2`: `serial`: expected `true` or `false`, but the value is the integer 1",
    ),
    ("name = \"a\"\nlong = 1", "2`: `long`: expected a string, but the value is the integer 1"),
    (
        "name = \"a\"\nexits = \"x\"",
        "2`: `exits`: expected a status such as 77, or a range such as `1..127`, but the value is the string `x`",
    ),
    ("name = \"a\"\nexits = [1, true]", "2`: `exits[1]`: expected a status such as 77"),
    ("name = \"a\"\nexits = \"3..1\"", "2`: `exits`: expected a status such as 77"),
    ("name = \"a\"\nexits = \"3..3\"", "2`: `exits`: expected a status such as 77"),
    ("name = \"a\"\nexits = []", "2`: `exits`: the array has no status"),
    ("name = \"a\"\nexits = 2147483648", "2`: `exits`: `2147483648` is out of range"),
    ("name = \"a\"\ndies = \"SIGNAL\"", "2`: `dies`: `SIGNAL` is not a signal such as `SIGSEGV`"),
    ("name = \"a\"\ndies = []", "2`: `dies`: the array has no signal"),
    (
        "name = \"a\"\ndies = 11",
        "2`: `dies`: expected the name of a signal such as `SIGSEGV`, but the value is the integer 11",
    ),
    ("name = \"a\"\naborts = false", "2`: `aborts`: expected `true`, but the value is `false`"),
    ("name = \"a\"\npanics = 1", "2`: `panics`: expected `true`, but the value is the integer 1"),
    (
        "name = \"a\"\nexits = 1\ncrashes = true",
        "3`: `crashes`: `exits` already says how the process must end",
    ),
    (
        "name = \"a\"\nstdout = 1",
        "2`: `stdout`: expected a string, an array or a table, but the value is the integer 1",
    ),
    ("name = \"a\"\nstdout = [1]", "2`: `stdout[0]`: expected a string"),
    (
        "name = \"a\"\nstdout.is = \"x\"",
        "2`: `stdout.is`: unknown key; the keys here are `equals`, `contains`, ",
    ),
    (
        "name = \"a\"\nstdout.equals = [\"x\"]",
        "2`: `stdout.equals`: expected a string, but the value is an array",
    ),
    (
        "name = \"a\"\nstdout.matches = \"(\"",
        "2`: `stdout.matches`: `(` is not a regular expression: unclosed group",
    ),
    (
        "name = \"a\"\nstderr = \"x\"\noutput = \"y\"",
        "2`: `stderr`: the streams are merged, so this must be `output`",
    ),
    // The message is about `stdout`, although `stderr` is first in the file.
    (
        "name = \"a\"\noutput = \"y\"\nstderr = \"x\"\nstdout = \"x\"",
        "4`: `stdout`: the streams are merged, so this must be `output`",
    ),
    (
        "name = \"a\"\nmerge-output = true\nstdout = \"y\"",
        "3`: `stdout`: the streams are merged, so this must be `output`",
    ),
    (
        "name = \"a\"\nskip.output = \"x\"\nstdout = \"y\"",
        "3`: `stdout`: the streams are merged, so this must be `output`",
    ),
    ("name = \"a\"\none-of = []", "2`: `one-of`: the array has no alternative"),
    ("name = \"a\"\none-of = [{}]", "2`: `one-of[0].name`: this key is missing"),
    ("name = \"a\"\none-of = [{ name = \"x y\" }]", "2`: `one-of[0].name`: `x y` is not one word"),
    (
        "name = \"a\"\none-of = [{ name = \"x\" }, { name = \"x\" }]",
        "2`: `one-of[1].name`: another alternative already has the name `x`",
    ),
    (
        "name = \"a\"\none-of = [{ name = \"x\", one-of = [] }]",
        "2`: `one-of[0].one-of`: an alternative cannot have alternatives",
    ),
    ("name = \"a\"\none-of = [{ name = \"x\", nam = 1 }]", "2`: `one-of[0].nam`: unknown key"),
    (
        "name = \"a\"\none-of = [{ name = \"x\", known-bug = \"\" }]",
        "2`: `one-of[0].known-bug`: the string is empty",
    ),
    ("name = \"a\"\ncfg = \"unix(\"", "2`: `cfg`: `unix(` is not a `cfg(...)` expression: "),
    ("name = \"a\"\ncfg = \"\"", "2`: `cfg`: `` is not a `cfg(...)` expression: "),
    (
        "name = \"a\"\ncfg = 'cfg(feature = \"x\")'",
        "2`: `cfg`: `cfg(feature = \"x\")` asks for something other than the target, such as a feature",
    ),
    ("name = \"a\"\nreason = \"x\"", "2`: `reason`: a reason without `cfg` explains nothing"),
    ("name = \"a\"\ncfg = \"unix\"\nreason = \"\"", "3`: `reason`: the string is empty"),
    ("name = \"a\"\nknown-bug = \"\"", "2`: `known-bug`: the string is empty"),
    ("name = \"a\"\nfails.exits = 1", "2`: `fails`: only a case with `known-bug` is known to fail"),
    ("name = \"a\"\nknown-bug = \"x\"\nfails = {}", "3`: `fails`: this table is empty"),
    ("name = \"a\"\nskip = {}", "2`: `skip`: this table is empty"),
    ("name = \"a\"\nskip = 77", "2`: `skip`: expected a table, but the value is the integer 77"),
    ("name = \"a\"\nskip = { status = 77 }", "2`: `skip.status`: unknown key"),
    ("name = \"a\"\nskip = { exits = 77, status = 77 }", "2`: `skip.status`: unknown key"),
    ("name = \"a\"\nflaky = {}", "2`: `flaky.link`: this key is missing"),
    (
        "name = \"a\"\nflaky = [{ link = \"x\" }, { link = \"\" }]",
        "2`: `flaky[1].link`: the string is empty",
    ),
    (
        "name = \"a\"\nflaky = { link = \"x\", one-of = [] }",
        "2`: `flaky.one-of`: a flaky end cannot have alternatives",
    ),
    ("name = \"a\"\nflaky = { link = \"x\", if = 1 }", "2`: `flaky.if`: unknown key"),
    (
        "name = \"a\"\ndeadline = 5",
        "2`: `deadline`: expected a duration such as `500ms`, but the value is the integer 5",
    ),
    (
        "name = \"a\"\ndeadline = \"5\"",
        "2`: `deadline`: `5` is not a duration such as `500ms` or `1h 30m`",
    ),
    ("name = \"a\"\ndeadline = \"0s\"", "2`: `deadline`: `0s` is not a duration"),
    ("name = \"a\"\ndeadline = \"\"", "2`: `deadline`: `` is not a duration"),
    ("name = \"a\"\ndeadline = \"5 days\"", "2`: `deadline`: `5 days` is not a duration"),
    (
        "name = \"a\"\nlimits = { files = 5 }",
        "2`: `limits.files`: unknown limit; the limits are address-space, core, ",
    ),
    ("name = \"a\"\nlimits = { core = -1 }", "2`: `limits.core`: `-1` is out of range"),
    (
        "name = \"a\"\nlimits = { core = \"5MB\" }",
        "2`: `limits.core`: `5MB` is not an amount such as 64 or `64MiB`",
    ),
    ("name = \"a\"\ninspect = {}", "2`: `inspect.command`: this key is missing"),
    ("name = \"a\"\ninspect = { command = [] }", "2`: `inspect.command`: the command is empty"),
    (
        "name = \"a\"\ninspect = { command = [\"x\"], output = \"x\" }",
        "2`: `inspect`: an inspection has separate streams, so `output` must be `stdout`",
    ),
    ("name = \"a\"\ninspect = { command = [\"x\"], cmd = 1 }", "2`: `inspect.cmd`: unknown key"),
    (
        "name = \"a\"\nstdout = 2020-01-01",
        "2`: `stdout`: expected a string, an array or a table, but the value is a datetime",
    ),
];

/// Lines of a manifest with the program `c`, before the lines of a case.
const BEFORE_CASE: &str = "[program.c]\npath = \"c\"\n\n[[case]]\n";

/// Returns each manifest with a mistake, and the end of the error message about the mistake.
fn mistakes() -> Vec<(String, String)> {
    let whole = MISTAKES.iter().map(|(text, message)| (text.to_string(), message.to_string()));
    let lines = BEFORE_CASE.lines().count();
    let of_cases = MISTAKES_OF_CASES.iter().map(|(text, message)| {
        let (line, rest) = message.split_once('`').unwrap();
        let line: usize = line.parse().unwrap();
        (format!("{BEFORE_CASE}{text}\n"), format!("{}`{rest}", lines + line))
    });
    whole.chain(of_cases).collect()
}

fn a_mistake_is_told_with_its_line_and_key() {
    for (text, message) in mistakes() {
        let place = Place::of("mistakes", &text);
        let message = format!("failed to read `m.toml:{message}");
        for arguments in [["--manifest", "m.toml"].as_slice(), &["list", "--manifest", "m.toml"]] {
            let assert = place.command(arguments);
            let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
            assert!(stderr.starts_with(&message), "{text}\n{stderr}\ninstead of\n{message}");
            refused(assert, 2, "failed to read `m.toml:");
        }
    }
    let place = Place::of("mistakes", "");
    let missing = place.command(&["--manifest", "no/such.toml"]);
    refused(missing, 2, "failed to read `no/such.toml`: No such file or directory");
    fs::write(place.0.join("m.toml"), b"[[case]]\nname = \"\xff\"\n").unwrap();
    refused(place.run(&[]), 2, "failed to read `m.toml`: stream did not contain valid UTF-8");
    // A case may omit the key `program` only if the manifest declares exactly one program.
    let several = "[program.a]\npath = \"a\"\n[program.b]\npath = \"b\"\n[[case]]\nname = \"x\"\n";
    place.write(several);
    refused(
        place.run(&[]),
        2,
        "`m.toml:5`: `program`: this key is missing; the programs are `a`, `b`",
    );
    place.write("[[case]]\nname = \"x\"\n");
    refused(place.run(&[]), 2, "`m.toml:1`: `program`: this key is missing");
}

fn durations_and_amounts_have_units() {
    let durations =
        [("250ms", 250), ("5s", 5000), ("2m", 120_000), ("1h 30m", 5_400_000), ("1s 1ms", 1001)];
    let amounts = [
        ("\"1KiB\"", 1 << 10),
        ("\"2MiB\"", 2 << 20),
        ("\"3GiB\"", 3_u64 << 30),
        ("1_000", 1000),
        ("0x10", 16),
    ];
    let mut text = PROGRAM.to_owned();
    for (number, ((duration, _), (amount, _))) in durations.iter().zip(amounts).enumerate() {
        text.extend([format!(
            "[[case]]\nname = \"{number}\"\ndeadline = \"{duration}\"\nlimits.core = {amount}\n"
        )]);
    }
    let listed = Place::of("units", &text).listed(&[]);
    for (number, ((_, milliseconds), (_, bytes))) in durations.iter().zip(amounts).enumerate() {
        let case = &listed[&number.to_string()];
        assert_eq!(case["deadline_ms"], *milliseconds);
        assert_eq!(case["limits"][0], format!("core={bytes}"));
    }
}

fn cases_are_in_the_order_of_the_file() {
    let text =
        "[[case]]\nname = \"z\"\nenvironments = { y = {}, x = {} }\n[[case]]\nname = \"a\"\n";
    let place = Place::new("order", text);
    let listed = stdout(&place.command(&["list", "--manifest", "m.toml"]).success());
    let places = ["z@y\n", "z@x\n", "a\n"].map(|name| listed.find(name).unwrap());
    assert!(places.is_sorted(), "{listed}");
    // The message is about the first mistake of a table.
    place.write(&format!("{PROGRAM}[[case]]\nname = \"a\"\nlast = 1\nfirst = 1\n"));
    refused(place.run(&[]), 2, "`m.toml:7`: `last`: unknown key");
}

fn a_condition_is_about_the_target() {
    let case = |name: &str, cfg: &str| format!("[[case]]\nname = \"{name}\"\ncfg = '{cfg}'\n");
    let cases = [
        case("unix", "cfg(unix)"),
        case("windows", "cfg(windows)"),
        case("musl", "cfg(all(target_os = \"linux\", target_env = \"musl\"))"),
        case("wide", "cfg(target_pointer_width = \"64\")"),
        case("bare", "not(windows)"),
    ];
    let stated = format!("target = \"x86_64-pc-windows-gnu\"\n{PROGRAM}{}", cases.concat());
    let place = Place::of("target", &stated);
    let runs = |arguments: &[&str]| {
        let listed = place.listed(arguments);
        let runs = listed.iter().filter(|(_, case)| case["gate"].is_null());
        runs.map(|(name, _)| name.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(runs(&[]), "wide windows");
    assert_eq!(runs(&["--target", "i686-unknown-linux-musl"]), "bare musl unix");
    assert_eq!(runs(&["--target", "aarch64-apple-darwin"]), "bare unix wide");
    let refused_target = place.command(&["list", "--manifest", "m.toml", "--target", "mine"]);
    refused(refused_target, 2, "`cfg`: the properties of `mine` are not known");
    let gate = &place.listed(&[])["unix"]["gate"];
    assert_eq!(*gate, "target: `cfg(unix)` does not hold on x86_64-pc-windows-gnu");
    assert_eq!(place.listed(&[])["unix"]["needs"], serde_json::json!(["target"]));
    let path = place.0.join("m.toml");
    let facts_of = |triple| {
        let manifest = Manifest::read_for(&path, Some(triple), None).unwrap();
        let facts = manifest.suite().facts().unwrap().iter();
        facts.map(|(name, fact)| format!("{name}={fact}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        facts_of("i686-unknown-linux-musl"),
        "triple=i686-unknown-linux-musl arch=x86 os=linux env=musl pointer-width=32 endian=little"
    );
    assert_eq!(
        facts_of("thumbv7m-none-eabi"),
        "triple=thumbv7m-none-eabi arch=arm os=none env= pointer-width=32 endian=little"
    );
    // A long condition is cut in the message.
    let long = format!("cfg({})", "x".repeat(5000));
    place.write(&format!("{PROGRAM}{}", case("long", &long)));
    let stderr = place.command(&["list", "--manifest", "m.toml"]).code(2);
    assert!(stderr.get_output().stderr.len() < 2000, "{stderr}");
    // Without the key `target`, the target of a manifest is the target of this library.
    place.write(&format!("{PROGRAM}{}", cases.concat()));
    assert!(runs(&[]).contains("unix"), "{}", runs(&[]));
    place.write(&format!("{PROGRAM}{}", cases[1]));
    let strict = place.run(&["--strict"]).code(1);
    strict.stdout(contains("do not include `target` (target: `cfg(windows)` does not hold"));
    place.run(&["--strict", "--may-lack", "target"]).code(0);
}

fn the_tests_of_go_can_be_stated() {
    let place = Place::of("go", include_str!("documents/testprogcgo.toml"));
    let listed = place.listed(&["--target", "x86_64-unknown-linux-gnu"]);
    // Three of Go's tests have several cases each: two environments, two halves and four scenarios.
    let tests: BTreeSet<_> =
        listed.keys().map(|name| name.split(['@', ':']).next().unwrap()).collect();
    assert_eq!(tests.len(), 49 + 1, "one of the tests is from coro_test.go: {tests:?}");
    assert_eq!(listed.len(), 49 + 1 + 1 + 1 + 3);
    let with = |key: &str| listed.values().filter(|case| case.get(key).is_some()).count();
    assert_eq!(with("inspection"), 5, "four profiles and a comparison of times");
    assert_eq!(with("serial"), 1);
    assert_eq!(with("skip"), 1);
    assert_eq!(with("long"), 1, "one of the three depends on the target");
    let gated = |triple: &str| {
        let listed = place.listed(&["--target", triple]);
        listed.values().filter(|case| !case["gate"].is_null()).count()
    };
    assert_eq!(gated("x86_64-unknown-linux-gnu"), 3, "three tests are for Windows");
    assert_eq!(gated("x86_64-pc-windows-gnu"), 35);
    let whole = "exit with status 0, with standard output equal to `OK\\x0a`";
    let whole = listed.values().filter(|case| case["expected"] == whole).count();
    assert_eq!(whole, 32);
    assert_eq!(listed["TestCatchPanic@early"]["env"]["CGOCATCHPANIC_EARLY_HANDLER"], "1");
    assert_eq!(listed["TestCatchPanic@late"]["env"], serde_json::json!({ "GOTRACEBACK": "crash" }));
}

fn json(manifest: &str) -> Option<Value> {
    toml::from_str(manifest).ok()
}

/// Checks that each table of the schema has the keys that the reader lists in its message about an
/// unknown key.
fn the_schema_has_the_keys_of_the_reader() {
    let schema = schema::read("manifest.schema.json");
    let own = "name = \"a\"\n";
    for (pointer, text, left_out) in [
        ("", "x = 1\n".to_owned(), vec![]),
        ("/definitions/defaults", "[defaults]\nx = 1\n[[case]]\n".to_owned(), vec![]),
        ("/definitions/case", format!("{BEFORE_CASE}{own}x = 1\n"), vec![]),
        ("/definitions/program", "[program.c]\npath = \"c\"\nx = 1\n".to_owned(), vec!["variant"]),
        ("/definitions/variant", "[program.c.variant.v]\npath = \"c\"\nx = 1\n".to_owned(), vec![]),
        ("/definitions/end", format!("{BEFORE_CASE}{own}skip.x = 1\n"), vec![]),
        (
            "/definitions/flaky",
            format!("{BEFORE_CASE}{own}flaky = {{ link = \"l\", x = 1 }}\n"),
            vec![],
        ),
        (
            "/definitions/alternative",
            format!("{BEFORE_CASE}{own}one-of = [{{ name = \"n\", x = 1 }}]\n"),
            vec![],
        ),
        (
            "/definitions/inspect",
            format!("{BEFORE_CASE}{own}inspect = {{ command = [\"c\"], x = 1 }}\n"),
            vec![],
        ),
        ("/definitions/content/oneOf/1", format!("{BEFORE_CASE}{own}stdout.x = 1\n"), vec![]),
    ] {
        let place = Place::of("keys", &text);
        let assert = place.run(&[]).code(2);
        let message = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        let (_, keys) = message.split_once("the keys here are `").expect("an unknown key");
        let mut keys: BTreeSet<_> = keys.trim_end().trim_end_matches('`').split("`, `").collect();
        keys.extend(left_out);
        // The keys that the reader refuses with a message of their own are not in the schema.
        let refused: &[&str] = match pointer {
            "/definitions/flaky" | "/definitions/alternative" => &["one-of"],
            "/definitions/inspect" => &["output"],
            _ => &[],
        };
        keys.retain(|key| !refused.contains(key));
        let properties = schema.pointer(&format!("{pointer}/properties")).unwrap();
        let known: BTreeSet<_> =
            properties.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, known, "{pointer}");
    }
}

fn the_schema_refuses_what_the_reader_refuses() {
    let schema = schema::read("manifest.schema.json");
    for manifest in [
        include_str!("documents/testprogcgo.toml"),
        include_str!("../../examples/plain-c/plain.toml"),
        &format!("{PROGRAM}{}", include_str!("documents/kinds.toml")),
    ] {
        assert_eq!(schema::errors(&schema, &json(manifest).unwrap()), [""; 0]);
    }
    // Each message is about a rule that a JSON schema cannot express.
    let not_expressed = [
        "already has the name",
        "already says how",
        "the streams are merged",
        "is not a regular expression",
        "is not a `cfg(...)` expression",
        "asks for something other than the target",
        "a reason without `cfg`",
        "only a case with `known-bug`",
        "no program `d`",
        "cannot have both",
        "`environments.",
        "is not a signal",
        "expected a status such as 77",
        "`0s` is not a duration",
        "this is not the name of an environment variable",
        "has a zero byte",
        "this key is missing",
        "`a@x y` is not a name",
        "the command is empty",
        "`program.a",
    ];
    for (text, message) in mistakes() {
        let is_expressed = !not_expressed.iter().any(|part| message.contains(part));
        // A text that is not TOML, or that contains a date, cannot be converted to JSON.
        if let (true, Some(value)) = (is_expressed, json(&text)) {
            let errors = schema::errors(&schema, &value);
            assert!(!errors.is_empty(), "the schema accepts:\n{text}\n{message}");
        }
    }
}

fn a_program_that_does_not_exist_is_named() {
    let place = Place::of("missing", "[program.c]\npath = \"gone/c\"\n\n[[case]]\nname = \"a\"\n");
    let cause =
        "failed to read `m.toml:2`: `program.c.path`: failed to find `gone/c`: No such file";
    refused(place.run(&[]), 2, cause);
    place.command(&["list", "--manifest", "m.toml"]).success();
    place.write("[program.c]\npath = \".\"\n\n[[case]]\nname = \"a\"\n");
    refused(place.run(&[]), 2, "failed to find `.`: it is not a file");
    place.write("[program.c]\ncommand = \"no-such-command\"\n\n[[case]]\nname = \"a\"\n");
    let cause = "`m.toml:2`: `program.c.command`: failed to find `no-such-command`: No such file";
    refused(place.run(&[]), 2, cause);
    place.write("[program.c]\ncommand = \"sh\"\n\n[[case]]\nname = \"a\"\nargs = [\"-c\", \"exit 3\"]\nexits = 3\n");
    place.run(&[]).success();
    // A program whose cases are skipped need not exist.
    place.write(
        "[program.c]\npath = \"c\"\n[[case]]\nname = \"a\"\ncfg = 'cfg(target_os = \"none\")'\n",
    );
    place.run(&[]).success();
}

fn a_listing_can_state_the_same() {
    let listing = "testprog 2\\n\
        merged\\t-\\tany & stdout equals out\\\\0aerr\\\\0a\\t-\\t-\\t-\\t-\\t-\\tmerged\\n\
        skips\\t-\\tok\\t-\\t-\\t-\\t-\\t-\\tskips exits 77\\n\
        announces\\t-\\tany & stdout announced expect: \\t-\\t-\\t-\\t-\\t-\\tlong\\n\
        inspected\\t-\\tok\\t-\\t-\\t-\\t-\\t-\\tinspect cat\\tinspect f\\tinspected exits 0 & stdout equals x\\\\0a\\n\
        wrong\\t-\\tok\\t-\\t-\\t-\\t-\\t-\\tinspect cat\\tinspect f\\n";
    let script = Script::listing(
        "version-2",
        listing,
        "case $1 in merged) echo out; echo err >&2; exit 9;; skips) echo no network; exit 77;; \
         announces) echo expect: a; echo ba;; inspected) echo x >f; echo OK;; wrong) echo OK;; esac",
    );
    let report = script.run(&["--format", "json"]).code(1);
    let report: Value = serde_json::from_slice(&report.get_output().stdout).unwrap();
    let verdicts: Vec<_> = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            (
                case["name"].as_str().unwrap(),
                case["verdict"].as_str().unwrap(),
                case["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            ("merged", "pass", ""),
            ("skips", "unsupported", "exited with status 77: no network"),
            ("announces", "pass", ""),
            ("inspected", "pass", ""),
            (
                "wrong",
                "fail",
                "ended as expected, but its inspection by `cat f` failed: exited with status 1 (the scenario did not hold)"
            ),
        ]
    );
    script.run(&["--short"]).code(1).stdout(contains("4 cases (1 left out by the filter)"));
}

fn flags_for_other_programs_are_refused() {
    let place = Place::of("flags", "[program.c]\ncommand = \"true\"\n[[case]]\nname = \"a\"\n");
    for flag in ["--prog=c", "--bin=c", "--test=c", "--example=c", "--release", "--zygote"] {
        place.run(&[flag]).code(2).stdout(is_empty()).stderr(contains("cannot be used with"));
    }
    refused(place.command(&["about", "--manifest", "m.toml"]), 2, "failed to use `--manifest`");
    place.command(&["list", "--manifest", "m.toml"]).success().stdout(
        contains("a\n    expects  exit with status 0\n    argument a\n")
            .and(contains("1 registered, 0 cannot run on this target")),
    );
}
