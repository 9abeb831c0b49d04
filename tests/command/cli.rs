//! Tests `cargo testprog run` and `cargo testprog list` on children that are shell scripts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use assert_cmd::Command;
use libtest_mimic::Trial;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, diff, is_empty, starts_with};
use serde_json::Value;

use crate::script::{Script, full_device, refused, testprog};
use crate::trial::scratch::scratch;
use crate::trial::tools::need_tool;
use crate::trial::{Check, Stop};

pub(crate) fn trials() -> Vec<Trial> {
    crate::test_functions::trials![
        merged_output_has_the_order_in_which_it_was_written,
        in_merged_output_the_last_line_is_the_answer,
        a_case_that_answers_ok_passes,
        ok_and_then_death_by_a_signal_fails,
        ok_and_then_status_1_fails,
        an_answer_that_is_not_exactly_ok_fails,
        a_child_may_end_its_lines_in_a_carriage_return_and_a_line_feed,
        a_case_that_hangs_is_ended_at_its_deadline,
        a_case_has_its_own_deadline,
        a_process_that_outlives_the_child_with_its_output_is_a_leak,
        a_case_that_failed_and_leaked_says_both,
        what_a_child_prints_does_not_reach_the_terminal_as_it_is,
        a_skip_is_unsupported_with_its_reason,
        a_gate_that_is_out_of_date_fails_a_strict_run,
        a_broken_listing_is_refused,
        an_empty_listing_runs_nothing,
        a_listing_that_ends_badly_is_refused,
        a_filter_that_matches_nothing_runs_nothing,
        several_filters_choose_what_any_of_them_matches,
        an_executable_that_cannot_be_started_is_refused,
        an_executable_for_another_machine_is_refused_with_what_it_is_for,
        a_runner_command_wraps_every_spawn,
        a_child_has_the_limits_that_it_is_given,
        what_a_child_prints_can_be_seen_as_it_comes,
        lines_that_are_seen_as_they_come_name_their_case_and_stream,
        the_command_that_repeats_a_case_can_be_typed,
        the_command_that_repeats_a_case_repeats_its_surroundings,
        a_report_says_what_the_command_that_repeats_a_case_lacks,
        a_manual_page_shows_the_flags_of_its_subcommand,
        a_mutant_that_no_case_names_is_refused_where_cases_name_some,
        a_mutant_reaches_the_child_and_nothing_else_does,
        the_json_report_is_one_document_with_the_same_verdicts,
        a_wrong_command_line_has_status_2,
        the_list_tells_what_is_gated,
        the_list_is_grouped_by_topic,
        a_scenario_is_explained,
        a_scenario_of_this_repository_is_explained_without_a_checkout,
        output_that_cannot_be_written_is_said_once,
        no_scratch_directory_is_left_behind,
    ]
}

fn merged_output_has_the_order_in_which_it_was_written() {
    let script = Script::new("merged", "echo 1; echo 2 >&2; echo 3; echo 4 >&2; exit 1");
    let assert = script.run(&["--merge-output"]).code(1);
    assert.stdout(contains("  output:\n    | 1\n    | 2\n    | 3\n    | 4\n"));
}

fn in_merged_output_the_last_line_is_the_answer() {
    let noisy = Script::new("noisy", "echo a warning >&2; echo OK");
    noisy.run(&[]).code(0);
    noisy.run(&["--merge-output"]).code(0);
    let on_stderr = Script::new("on-stderr", "echo OK >&2");
    on_stderr.run(&[]).code(1);
    on_stderr.run(&["--merge-output"]).code(0);
    let after = Script::new("after", "echo OK; echo a warning >&2");
    after.run(&["--merge-output"]).code(1).stdout(contains("without the answer OK"));
}

fn a_case_that_answers_ok_passes() {
    let script = Script::new("ok", "echo OK");
    script
        .run(&[])
        .code(0)
        .stderr(is_empty())
        .stdout(contains("PASS").and(contains("1 passed, 0 failed")));
}

fn ok_and_then_death_by_a_signal_fails() {
    let script = Script::new("dies", "echo OK; kill -SEGV $$");
    script.run(&[]).code(1).stdout(contains("happened: died of SIGSEGV").and(contains("| OK")));
}

fn ok_and_then_status_1_fails() {
    let script = Script::new("exits", "echo OK; exit 1");
    script.run(&[]).code(1).stdout(contains("exited with status 1 (the scenario did not hold)"));
}

fn an_answer_that_is_not_exactly_ok_fails() {
    for (name, body) in [
        ("no-newline", "printf OK"),
        ("twice", "echo OK; echo OK"),
        ("nothing", ":"),
        ("noise", "echo starting; echo OK"),
    ] {
        let script = Script::new(name, body);
        script.run(&[]).code(1).stdout(contains("exited with status 0 without the answer OK"));
    }
}

fn a_child_may_end_its_lines_in_a_carriage_return_and_a_line_feed() {
    let listing = "testprog 1\\r\\nok\\r\\nskips\\tucontext\\r\\nbare\\tucontext\\r\\n\
        exits\\t-\\texits 3 a\\\\0ab\\r\\n";
    let body = "case $1 in ok) printf 'OK\\r\\n';; skips) printf 'SKIP ucontext: none\\r\\n';; \
        bare) printf 'SKIP\\r\\n';; exits) printf 'a\\r\\nb\\r\\n' >&2; exit 3;; esac";
    let script = Script::listing("crlf", listing, body);
    for arguments in [&[][..], &["--merge-output"]] {
        let counts = contains("2 passed, 0 failed, 2 unsupported");
        script.run(arguments).code(0).stdout(counts.and(contains("ucontext: none\n")));
    }
}

fn a_case_that_hangs_is_ended_at_its_deadline() {
    let script = Script::new("hangs", "exec sleep 1000");
    script.run(&["--deadline", "200ms"]).code(1).stdout(contains("did not end within 0.200 s"));
}

fn a_case_has_its_own_deadline() {
    let script = Script::listing("own", "testprog 1\\na\\t-\\tok\\t100ms\\n", "exec sleep 1000");
    script.run(&[]).code(1).stdout(contains("did not end within 0.100 s"));
}

fn a_process_that_outlives_the_child_with_its_output_is_a_leak() {
    let script = Script::new("leak", "sleep 1000 & echo OK");
    script.run(&[]).code(1).stdout(contains("LEAK").and(contains("1 leaked")));
}

fn a_case_that_failed_and_leaked_says_both() {
    let both = contains("; a process that the child started still holds the output open");
    let fails = Script::new("leak-fails", "sleep 1000 & exit 5");
    fails
        .run(&[])
        .code(1)
        .stdout(contains("FAIL").and(contains("exited with status 5; a process")));
    for format in ["json", "junit", "tap", "github"] {
        fails.run(&["--format", format]).code(1).stdout(both.clone());
    }
    let listing = "testprog 1\\na\\tucontext\\n";
    let skips = Script::listing("leak-skips", listing, "sleep 1000 & echo 'SKIP ucontext: no'");
    skips.run(&[]).code(0).stdout(contains("ucontext: no; a process that the child"));
}

fn what_a_child_prints_does_not_reach_the_terminal_as_it_is() {
    let script = Script::new("escape", "printf '\\033]0;title\\007' >&2; exit 1");
    script.run(&["--color", "always"]).code(1).stdout(contains(r"\x1b]0;title\x07"));
}

fn a_skip_is_unsupported_with_its_reason() {
    let listing = "testprog 1\\na\\tucontext\\tok\\n";
    let script = Script::listing("skip", listing, "echo 'SKIP ucontext: no such thing'");
    let reason = contains("UNSUPPORTED").and(contains("ucontext: no such thing"));
    script.run(&[]).code(0).stdout(reason);
    script.run(&["--may-lack", "ucontext", "--strict"]).code(0);
    for arguments in [&["--strict"][..], &["--may-lack", "signals"]] {
        script
            .run(arguments)
            .code(1)
            .stdout(contains("skipped, but the accepted skips do not include `ucontext`"));
    }
    refused(
        script.run(&["--may-lack", "ucontxt"]),
        2,
        "failed to read `ucontxt`: no such capability",
    );
}

fn a_gate_that_is_out_of_date_fails_a_strict_run() {
    let listing = "testprog 1\\na\\tucontext\\tok\\t-\\t-\\tucontext: none\\n";
    let script = Script::listing("stale", listing, "echo OK");
    script.run(&[]).code(0).stdout(contains("STALE"));
    script.run(&["--strict"]).code(1);
}

fn a_broken_listing_is_refused() {
    for (name, listing, cause) in [
        ("duplicate", "testprog 1\\na\\nb\\na\\n", "the listing has `a` twice"),
        (
            "foreign",
            "hello\\n",
            "the first line is `hello` instead of `testprog 1` or `testprog 2`",
        ),
        ("newer", "testprog 3\\na\\n", "the first line is `testprog 3`"),
        ("bad", "testprog 1\\na\\t-\\tpasses\\n", "line 2: `passes` is not an expectation"),
    ] {
        refused(Script::listing(name, listing, ":").run(&[]), 2, cause);
    }
}

fn an_empty_listing_runs_nothing() {
    for (name, listing) in [("void", ""), ("empty", "testprog 1\\n")] {
        refused(Script::listing(name, listing, ":").run(&[]), 3, "the listing has no scenario");
    }
}

fn a_listing_that_ends_badly_is_refused() {
    let script = Script::executable("list-dies", b"#!/bin/sh\necho sorry >&2\nkill -ABRT $$\n");
    refused(script.run(&[]), 2, "--list died of SIGABRT, saying: sorry");
}

fn a_filter_that_matches_nothing_runs_nothing() {
    refused(
        Script::new("filter", "echo OK").run(&["x", "y"]),
        3,
        "failed to find `x`, `y`: none of 1 cases",
    );
}

fn several_filters_choose_what_any_of_them_matches() {
    let script = Script::listing("filters", "testprog 1\\none\\ntwo\\nthree\\n", "echo OK");
    script.run(&["one", "thr"]).code(0).stdout(contains("2 cases (1 left out by the filter)"));
}

fn an_executable_that_cannot_be_started_is_refused() {
    let missing = testprog(&["run", "--prog", "no/such/prog"]);
    refused(missing, 2, "failed to start `no/such/prog`: No such file or directory");

    let plain = Script::file("plain", b"#!/bin/sh\necho OK\n");
    fs::set_permissions(&plain.path, fs::Permissions::from_mode(0o644)).unwrap();
    refused(plain.run(&[]), 2, "Permission denied");

    let loader = Script::executable("loader", b"#!/no/such/interpreter\n");
    refused(loader.run(&[]), 2, "its loader or its `#!` program is missing");
}

fn an_executable_for_another_machine_is_refused_with_what_it_is_for() {
    // The bytes are the header of a 64-bit ELF executable for aarch64 (ELF machine 183, 0xb7). On
    // an aarch64 computer, the test changes the header to s390x (ELF machine 22), because the
    // computer must not be able to run the executable.
    let mut header = *b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xb7\0\x01\0\0\0";
    if cfg!(target_arch = "aarch64") {
        header[18..20].copy_from_slice(&[22, 0]);
    }
    let foreign = Script::executable("foreign-machine", &[&header[..], &[0; 64]].concat());
    refused(foreign.run(&[]), 2, "name a runner command such as an emulator");
}

fn a_runner_command_wraps_every_spawn() {
    let script = Script::new("wrapped", "[ \"$WRAPPED\" = yes ] && echo OK");
    script.run(&[]).code(1);
    script.run(&["--runner", "env WRAPPED=yes"]).code(0).stdout(contains("PASS"));
    script
        .run(&["--runner", "env 'WRAPPED=no no'"])
        .code(1)
        .stdout(contains("rerun:    env 'WRAPPED=no no' "));
    refused(
        script.run(&["--runner", "no-such-emulator -x"]),
        2,
        "failed to start `no-such-emulator`",
    );
    refused(script.run(&["--runner", "env '"]), 2, "failed to read `--runner env '`");
}

fn a_child_has_the_limits_that_it_is_given() {
    let script = Script::new("limits", "[ \"$(ulimit -n) $(ulimit -c)\" = '64 0' ] && echo OK");
    script.run(&["--limit", "open-files=64"]).code(0);
    script.run(&["--limit", "open-files=65"]).code(1);
    script.run(&["--limit", "files=64"]).code(2).stderr(contains("unknown limit; the limits are"));
}

fn what_a_child_prints_can_be_seen_as_it_comes() {
    let script = Script::new("stream", "echo on the way >&2; printf '\\033[2J' >&2; echo OK");
    script.run(&[]).code(0).stderr(is_empty());
    let seen = contains("on the way\n").and(contains(r"\x1b[2J")).and(contains("OK\n"));
    script.run(&["--no-capture"]).code(0).stderr(seen);
}

fn lines_that_are_seen_as_they_come_name_their_case_and_stream() {
    // The child prints the two bytes of the character é in separate writes, and ends its last line
    // without a line feed.
    let body = "printf '\\303'; echo 1 >&2; printf '\\251\\n'; echo 2 >&2; printf 'end of '$1";
    let script = Script::listing("lines", "testprog 1\\na\\n::b\\n", body);
    let seen = |arguments: &[&str]| {
        let assert = script.run(arguments).code(1);
        let text = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    let of = |case: &str| {
        let parts = ["stderr: 1", "stderr: 2", "stdout: end of ", "stdout: é"];
        parts.map(|part| format!("{case} {part}"))
    };
    let mut expected = [of("a"), of("\\x3a:b")].concat();
    expected[2] += "a";
    expected[6] += "::b";
    expected.sort_unstable();
    assert_eq!(seen(&["--no-capture"]), expected);
    assert_eq!(seen(&["--no-capture", "-j2"]), expected);
    let merged = seen(&["--no-capture", "--merge-output", "--exact", "a"]);
    assert_eq!(
        merged,
        ["a output: 2", "a output: \\xa9", "a output: \\xc31", "a output: end of a"]
    );
}

fn the_command_that_repeats_a_case_can_be_typed() {
    let script = Script::new("quote", "exit 1");
    let quoted = contains("rerun:    TESTPROG_MUTANT='x; y' ");
    script.run(&["--mutant", "x; y"]).code(1).stdout(quoted);
}

/// Checks that the command after `rerun` has the same directory, environment variables, arguments,
/// mutant and resource limits as the child of the run.
fn the_command_that_repeats_a_case_repeats_its_surroundings() {
    let listing = r"testprog 2\na\t-\t-\t-\tm: exits 3\t-\t-\topen-files=40\tenv A=x y\targ it'\''s\tdirectory /\n";
    // Only Linux has prlimit(1), so other systems do not repeat the limit.
    let limit = if std::env::consts::OS == "linux" { "$(ulimit -n)" } else { "" };
    let body = format!(r#"echo "$PWD-$A-$B-$TESTPROG_MUTANT-{limit}-$*" >&2; exit 4"#);
    let script = Script::listing("surroundings", listing, &body);
    let arguments = ["--env=B=2", "--env=A=other", "--mutant=m", "--limit=open-files=50"];
    let output = script.command(&arguments).args(["--format", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (case, limit) = (&report["cases"][0], if limit.is_empty() { "" } else { "40" });
    assert_eq!(case["stderr"], format!("/-x y-2-m-{limit}-a it's\n"), "{report:#}");
    let rerun = case["rerun"].as_str().unwrap();
    let mut again = Command::new("/bin/sh");
    again
        .args(["-c", rerun])
        .env_clear()
        .current_dir(scratch("surroundings-folder").parent().unwrap());
    // The command `prlimit`, which starts the child, is in a directory of `PATH`.
    again.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let stderr = case["stderr"].as_str().unwrap().to_owned();
    again.assert().code(4).stdout(is_empty()).stderr(stderr);
}

fn a_report_says_what_the_command_that_repeats_a_case_lacks() {
    let script = Script::new("lacks", "exec sleep 600");
    let hangs = script.run(&["--deadline=100ms", "--deadline-scale=2"]).code(1);
    hangs.stdout(contains("\n  differs:  nothing ends the program after 0.200 s\n")).stdout(
        contains(
            "\n\nA `rerun` command has the shell's directory and environment, and no deadline.\n",
        ),
    );
    let fails = Script::new("lacks-nothing", "exit 3").run(&[]).code(1);
    fails.stdout(contains("differs:").not());
    Script::new("lacks-no-note", "echo OK").run(&[]).success().stdout(contains("rerun").not());
}

fn a_manual_page_shows_the_flags_of_its_subcommand() -> Check {
    if let Some(missing) = need_tool("man", "man-db") {
        return Err(Stop::Missing(missing));
    }
    let folder = scratch("man");
    fs::create_dir_all(&folder).unwrap();
    testprog(&["man", folder.to_str().unwrap()]).success().stdout(is_empty());
    let page = folder.join("cargo-testprog-run.1");
    let mut man = Command::new("man");
    let shown = man.args(["-P", "cat", "-l"]).arg(&page).env("MANWIDTH", "80").assert().success();
    shown.stdout(contains("--deadline-scale").and(contains("Multiply")));
    assert!(folder.join("cargo-testprog.1").exists());
    testprog(&["man", "/no/such/folder"])
        .code(2)
        .stderr(starts_with("failed to write manual pages to `/no/such/folder`: "));
    Ok(())
}

fn a_mutant_that_no_case_names_is_refused_where_cases_name_some() {
    let listing = "testprog 1\\na\\t-\\tok\\t-\\tb: exits 3; c: exits 4\\n";
    let script = Script::listing("mutants", listing, "[ $TESTPROG_MUTANT = b ] && exit 3; echo OK");
    script.run(&["--mutant", "b"]).code(1).stdout(contains("exited with status 3"));
    refused(
        script.run(&["--mutant", "d"]),
        2,
        "failed to use mutant `d`: no case names this mutant; the cases name b, c",
    );
}

fn a_mutant_reaches_the_child_and_nothing_else_does() {
    let script = Script::new("env", "[ \"$TESTPROG_MUTANT$SECRET\" = fault ] && echo OK");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    command.env("SECRET", "told").env("TESTPROG_MUTANT", "fault").arg("--prog").arg(&script.path);
    command.assert().code(0);
    script.run(&["--mutant", "other"]).code(1).stdout(contains("rerun:    TESTPROG_MUTANT=other "));
}

fn the_list_is_grouped_by_topic() {
    let listing = "testprog 1\\nsums::a\\nb\\t-\\tok\\t-\\t-\\t-\\t-\\t-\\ttopic sums\\nc\\n";
    let script = Script::listing("topics", listing, "echo OK");
    let path = script.path.to_str().unwrap();
    testprog(&["list", "--prog", path]).code(0).stdout(diff(
        "sums (2)

sums::a
    expects  status 0 and the answer OK
b
    expects  status 0 and the answer OK

no topic (1)

c
    expects  status 0 and the answer OK

3 registered, 0 cannot run on this target
",
    ));
    let chosen = script.run(&["sums::", "--format", "json"]).code(0);
    let report: Value = serde_json::from_slice(&chosen.get_output().stdout).unwrap();
    let topics: Vec<_> =
        report["cases"].as_array().unwrap().iter().map(|it| &it["topic"]).collect();
    assert_eq!(topics, ["sums", "sums"]);
}

fn a_scenario_is_explained() {
    let listing = "testprog 1\\na\\tucontext\\tok\\t-\\t-\\t-\\t-\\t-\\texplains Two \\\\1b[0mlines.\\\\0aNot one.\\nb\\n";
    let script = Script::listing("explained", listing, "exit 1");
    let path = script.path.to_str().unwrap();
    let explain = |name| testprog(&["explain", name, "--prog", path]);
    explain("a").code(0).stderr(is_empty()).stdout(diff(
        "a

Two \\x1b[0mlines.
Not one.

expects  status 0 and the answer OK
needs    ucontext
",
    ));
    let none = "failed to explain `b`: the program has no explanation of this scenario; the method \
                `Scenario::explanation` adds one\n";
    refused(explain("b"), 3, none);
    refused(explain("segv_in_c"), 3, "failed to find `segv_in_c`: no scenario has this name");
    script.run(&["a"]).code(1).stdout(contains("  explain:  cargo testprog explain a\n"));
    script.run(&["b"]).code(1).stdout(contains("explain:").not());
}

fn a_scenario_of_this_repository_is_explained_without_a_checkout() {
    let explain = |name| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        let folder = tempfile::tempdir().unwrap();
        command.args(["explain", name]).current_dir(folder.path()).assert()
    };
    explain("segv_in_c").code(0).stderr(is_empty()).stdout(
        starts_with("segv_in_c (exit)\n\nA write to address 0 in C must kill the process")
            .and(contains("\nexpects  death by SIGSEGV or SIGBUS"))
            .and(contains("\nsource   testprog/scenarios/exit/segv_in_c.rs\n"))
            .and(contains("\n         csrc/scenarios/exit/segv_in_c.c\n")),
    );
    // `cargo testprog port` does not have this scenario, because C code alone cannot run the
    // scenario.
    explain("panic_in_callback")
        .code(0)
        .stdout(contains("source   testprog/scenarios/unwinding/panic_in_callback.rs"));
    refused(explain("segv_in"), 3, "no scenario has this name; there are segv_in_c");
    // A probe of `cargo testprog port` has no explanation, but comments in its source.
    let source = "the probe of this name is the file `init_array_arguments.c` in a folder of";
    refused(explain("init-array-arguments"), 3, source);
    refused(explain("no-such-probe"), 3, "`cargo testprog list` shows the names");
}

fn the_json_report_is_one_document_with_the_same_verdicts() {
    let listing = "testprog 1\\ngood\\nbad\\nskips\\tucontext\\n";
    let body = "case $1 in good) echo OK;; bad) printf '\"\\\\\\377<b>' >&2; exit 7;; skips) echo SKIP ucontext: none;; esac";
    let script = Script::listing("json", listing, body);
    let assert = script.run(&["--format", "json"]).code(1).stderr(is_empty());
    let report: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(report["schema"], 2);
    assert_eq!(report["counts"]["registered"], 3);
    assert_eq!(report["counts"]["pass"], 1);
    let verdicts: Vec<_> = (0..3).map(|index| &report["cases"][index]["verdict"]).collect();
    assert_eq!(verdicts, ["pass", "fail", "unsupported"]);
    assert_eq!(report["cases"][1]["end"], serde_json::json!({ "kind": "exited", "status": 7 }));
    assert_eq!(report["cases"][1]["stderr"], "\"\\\u{fffd}<b>");
    assert_eq!(report["target"]["triple"], Value::Null);
}

fn a_wrong_command_line_has_status_2() {
    for arguments in
        [&["--no-such-flag"][..], &["-j", "0"], &["--deadline", "5"], &["--format", "xml"]]
    {
        testprog(arguments).code(2).stdout(is_empty());
    }
}

fn the_list_tells_what_is_gated() {
    let listing =
        "testprog 1\\na\\tucontext\\tok\\t-\\t-\\tucontext: musl has no getcontext\\nb\\n";
    let script = Script::listing("list", listing, ":");
    let path = script.path.to_str().unwrap();
    testprog(&["list", "--prog", path]).code(0).stdout(diff(
        "a
    expects  status 0 and the answer OK
    needs    ucontext
    gated    ucontext: musl has no getcontext
b
    expects  status 0 and the answer OK

2 registered, 1 cannot run on this target
",
    ));
}

fn output_that_cannot_be_written_is_said_once() -> Check {
    let script = Script::new("full", "echo OK");
    let full = full_device()?;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    let output = command.arg("--prog").arg(&script.path).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("failed to write `standard output`: "), "{stderr}");
    Ok(())
}

fn no_scratch_directory_is_left_behind() {
    let parent = scratch("parent");
    fs::create_dir_all(&parent).unwrap();
    let script = Script::new("scratch", "touch here && mkdir there && touch there/too && echo OK");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    command.env("TMPDIR", &parent).arg("--prog").arg(&script.path).assert().code(0);
    assert_eq!(fs::read_dir(&parent).unwrap().count(), 0);
}
