//! Parses the command's reports in every format, for children whose output contains the special
//! characters of that format.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use data_encoding::BASE64;
use libtest_mimic::Trial;
use predicates::str::{contains, is_empty, starts_with};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus};
use serde_json::Value;

use crate::documents::need_validator;
use crate::schema;
use crate::script::{Script, full_device, refused, testprog};
use crate::test_functions::{gated_trial, trials};
use crate::trial::scratch::scratch;
use crate::trial::tools::need_tool;
use crate::trial::{Check, Stop};

pub(crate) fn trials() -> Vec<Trial> {
    let mut all = trials![
        the_json_report_keeps_every_byte,
        the_junit_report_has_every_case_and_every_byte,
        the_junit_report_tells_failures_errors_and_attempts_apart,
        the_tap_report_has_a_line_for_each_case_and_no_other,
        the_tap_report_skips_what_was_not_run,
        perl_reads_the_tap_report,
        the_github_report_has_an_annotation_for_each_failure_and_no_other_command,
        an_annotation_has_the_place_of_its_case_and_ten_annotations_are_the_most,
        the_github_summary_is_a_table_that_shows_foreign_text_as_it_is,
        a_run_is_a_table_of_one_target,
        several_reports_are_written_at_once,
        an_output_that_cannot_be_written_keeps_no_other_from_it,
        a_wrong_output_is_refused,
        a_person_sees_a_hostile_text_and_nothing_of_it_acts,
        no_report_shows_a_hidden_character_or_starts_a_command_of_a_ci_system,
        an_error_shows_a_wrong_argument_and_nothing_of_it_acts,
    ];
    all.push(gated_trial!(the_json_report_is_as_its_schema_says, need_validator));
    all
}

/// Output of a child that forges lines and markup of every report format. The last byte of the
/// output is not valid UTF-8.
const HOSTILE: &[u8] =
    b"\0\x1b[2J\x1b]0;title\x07\x9b31m\r\n]]></failure><script>alert(1)</script>&lt;\n\
    ::error::forged\n##[error]forged\nok 1 - forged\nnot ok 1 - forged\n  ...\nBail out!\n\
    {\"a\": \"|`*_[x](y)|\"}\n\xc2\x9b\xe2\x80\xae\tend\xff";

/// Listing with one case for each verdict, and with case names that contain special characters of
/// some report format.
const LISTING: &str = "testprog 1\\n\
    good\\n\
    bad#TODO\\n\
    ::error::<b>|x,y%%\\n\
    skips\\tucontext\\n\
    known\\t-\\tok\\t-\\t-\\t-\\thttps://example.org/1?a=<b>|c#d\\n\
    unexpected\\t-\\tok\\t-\\t-\\t-\\thttps://example.org/2\\n\
    leaks\\n";

/// Returns a child with [`LISTING`] whose failing cases print [`HOSTILE`] to both streams.
fn hostile(name: &str) -> Script {
    let text = Script::file(&format!("{name}.bin"), HOSTILE);
    let body = format!(
        "case $1 in good|unexpected) echo OK;; skips) echo 'SKIP ucontext: a <b> | # c';; known) exit 3;; \
         leaks) sleep 1000 & echo OK;; *) cat {0}; cat {0} >&2; exit 7;; esac",
        text.path.display()
    );
    Script::listing(&format!("{name}.sh"), LISTING, &body)
}

/// Runs the command on the child `script`, and returns the command's standard output.
fn printed(script: &Script, arguments: &[&str], status: i32) -> String {
    let assert = script.run(arguments).code(status).stderr(is_empty());
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Returns the schema of the report, changed so that it refuses fields that it does not describe.
fn closed_schema() -> Value {
    fn close(schema: &mut Value) {
        match schema {
            Value::Object(fields) => {
                if fields.contains_key("properties") {
                    fields.insert("unevaluatedProperties".into(), false.into());
                }
                // Other schema objects extend `trial`, so `trial` itself must allow the additional
                // fields of these objects.
                let parts = fields.iter_mut().filter(|(name, _)| *name != "trial");
                parts.for_each(|(_, part)| close(part));
            }
            Value::Array(parts) => parts.iter_mut().for_each(close),
            _ => {}
        }
    }
    let mut schema = schema::read("report.schema.json");
    close(&mut schema);
    schema
}

fn the_json_report_is_as_its_schema_says() {
    let schema = closed_schema();
    let check = |text: &str| assert_eq!(schema::errors(&schema, &json(text)), [""; 0]);
    let script = hostile("schema");
    let text = printed(&script, &["--format", "json"], 1);
    check(&text);
    check(&printed(
        &script,
        &[
            "--format=json",
            "--retries=1",
            "--shuffle=1",
            "--repeat=2",
            "--shard=1/2",
            "--fail-fast",
            "-j1",
        ],
        1,
    ));
    check(&printed(&vanishing("gone"), &["--format=json"], 4));
    check(&printed(
        &Script::new("hangs", "exec sleep 99"),
        &["--format=json", "--deadline=100ms"],
        1,
    ));
    let dies = Script::new("dies", "kill -SEGV $$");
    check(&printed(&dies, &["--format=json"], 1));
    check(&printed(&dies, &["--format=json", "--xfail=a"], 0));

    let mut wrong = json(&text);
    wrong["cases"][0]["new"] = 1.into();
    let errors = schema::errors(&schema, &wrong);
    assert!(!errors.is_empty(), "a field that is not described must be noticed");
    let mut wrong = json(&text);
    wrong["cases"][0].as_object_mut().unwrap().remove("leaked");
    let errors = schema::errors(&schema, &wrong);
    assert!(!errors.is_empty(), "a field that is missing must be noticed");
}

fn the_json_report_keeps_every_byte() {
    let text = printed(&hostile("bytes"), &["--format", "json"], 1);
    let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!text.contains(acts), "the report has a control character: {text:?}");
    let report = json(&text);
    let case = &report["cases"][1];
    for stream in ["stdout", "stderr"] {
        assert_eq!(case[stream], String::from_utf8_lossy(HOSTILE).into_owned());
        let base64 = case[format!("{stream}_base64")].as_str().unwrap();
        assert_eq!(BASE64.decode(base64.as_bytes()).unwrap(), HOSTILE);
    }
    assert_eq!(report["cases"][0]["stdout"], "OK\n");
    assert_eq!(report["cases"][0].get("stdout_base64"), None);
    assert_eq!(report["cases"][2]["name"], "::error::<b>|x,y%");
}

fn junit(script: &Script, arguments: &[&str], status: i32) -> Report {
    let text = printed(script, &[&["--format", "junit"], arguments].concat(), status);
    let forbidden = |c: char| c.is_control() && c != '\n' || c == '\u{fffd}';
    assert!(!text.contains(forbidden), "{text:?}");
    Report::deserialize_from_str(&text).unwrap()
}

fn message(case: &TestCase) -> &str {
    match &case.status {
        TestCaseStatus::Success { .. } => "",
        TestCaseStatus::NonSuccess { message, .. } | TestCaseStatus::Skipped { message, .. } => {
            message.as_ref().map_or("", |message| message.as_str())
        }
    }
}

fn the_junit_report_has_every_case_and_every_byte() {
    let script = hostile("junit");
    let report = junit(&script, &[], 1);
    assert_eq!((report.tests, report.failures, report.errors), (7, 4, 0));
    let [suite] = &*report.test_suites else { panic!("{report:?}") };
    assert_eq!(suite.skipped, 2);
    let [good, bad, named, skips, known, unexpected, leaks] = &*suite.test_cases else {
        panic!("{suite:?}")
    };
    assert_eq!(good.status, TestCaseStatus::success());
    assert!(good.time.is_some() && good.classname.as_deref() == Some("junit_sh"));
    // The parser quick-junit removes white space at the end of an element's text.
    assert_eq!(good.system_out.as_deref(), Some("OK"));
    assert_eq!(&*named.name, "::error::<b>|x,y%");
    assert_eq!(message(bad), "exited with status 7");
    assert_eq!(message(skips), "ucontext: a <b> | # c");
    assert_eq!(
        message(known),
        "exited with status 3, a known bug: https://example.org/1?a=<b>|c#d"
    );
    assert!(message(unexpected).starts_with("passes, though"), "{unexpected:?}");
    assert!(message(leaks).contains("still holds the child's output open"), "{leaks:?}");
    let shown = "\\x00\\x1b[2J\\x1b]0;title\\x07\\x9b31m\\x0d\n]]></failure><script>alert(1)</script>&lt;\n\
        \\x3a:error::forged\n#\\x23[error]forged\nok 1 - forged\nnot ok 1 - forged\n  ...\nBail out!\n\
        {\"a\": \"|`*_[x](y)|\"}\n\\xc2\\x9b\\xe2\\x80\\xae\\x09end\\xff";
    assert_eq!(bad.system_out.as_deref(), Some(shown));
    assert_eq!(bad.system_err.as_deref(), Some(shown));
}

fn the_junit_report_tells_failures_errors_and_attempts_apart() {
    let flaky = |name: &str| {
        let mark = scratch(format!("{name}.mark"));
        let mark = mark.display();
        Script::new(
            name,
            &format!("[ -e {mark} ] && {{ echo OK; exit; }}; >{mark}; echo first >&2; exit 1"),
        )
    };
    let status = |report: &Report| report.test_suites[0].test_cases[0].status.clone();
    let refused = status(&junit(&flaky("flaky"), &["--retries", "1"], 1));
    let TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, reruns, .. } = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(reruns.runs.len(), 1);
    assert_eq!(reruns.kind, quick_junit::FlakyOrRerun::Flaky);
    let accepted = status(&junit(&flaky("flaky2"), &["--retries", "1", "--accept-flaky"], 0));
    let TestCaseStatus::Success { flaky_runs } = accepted else { panic!("{accepted:?}") };
    assert_eq!(flaky_runs[0].system_err.as_deref(), Some("first"));

    let fails = status(&junit(&Script::new("fails", "exit 1"), &["--retries", "2"], 1));
    let TestCaseStatus::NonSuccess { reruns, .. } = fails else { panic!("{fails:?}") };
    assert_eq!((reruns.kind, reruns.runs.len()), (quick_junit::FlakyOrRerun::Rerun, 2));

    let unresolved = status(&junit(&vanishing("unresolved"), &[], 4));
    assert!(
        matches!(unresolved, TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. }),
        "{unresolved:?}"
    );
}

/// Returns a child that deletes its own executable file after printing its listing.
fn vanishing(name: &str) -> Script {
    let path = scratch(name);
    let text = format!("#!/bin/sh\nprintf 'testprog 1\\na\\n'; rm {}\n", path.display());
    Script::executable(name, text.as_bytes())
}

/// Splits a TAP report into its tests, each with its YAML lines. Panics if the report has any other
/// line.
fn tap(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 13"));
    let plan = lines.next().unwrap().strip_prefix("1..").unwrap().parse::<usize>().unwrap();
    let mut tests: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut inside = false;
    for line in lines {
        if inside {
            assert!(line.starts_with("  "), "{line}");
            inside = line != "  ...";
            let value = line.trim_start().trim_start_matches("- ");
            if let Some((_, quoted)) = value.split_once(": \"").filter(|_| !value.starts_with('"'))
            {
                json(&format!("\"{quoted}"));
            } else if value.starts_with('"') {
                json(value);
            }
            tests.last_mut().unwrap().1.push(line);
        } else if line == "  ---" {
            inside = true;
        } else {
            assert!(line.starts_with("ok ") || line.starts_with("not ok "), "{line}");
            tests.push((line, Vec::new()));
        }
    }
    assert!(!inside);
    assert_eq!(tests.len(), plan);
    tests
}

fn the_tap_report_has_a_line_for_each_case_and_no_other() {
    let text = printed(&hostile("tap"), &["--format", "tap"], 1);
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    let tests = tap(&text);
    let lines: Vec<_> = tests.iter().map(|test| test.0).collect();
    assert_eq!(
        lines,
        [
            "ok 1 - good",
            "not ok 2 - bad\\#TODO",
            "not ok 3 - ::error::<b>|x,y%",
            "ok 4 - skips # SKIP ucontext: a <b> | \\# c",
            "not ok 5 - known # TODO exited with status 3, a known bug: https://example.org/1?a=<b>|c\\#d",
            "not ok 6 - unexpected",
            "not ok 7 - leaks",
        ]
    );
    let bad = tests[1].1.join("\n");
    for line in [
        r"  verdict: fail",
        r#"  reason: "exited with status 7""#,
        r#"        - "not ok 1 - forged""#,
        r#"        - "]]></failure><script>alert(1)</script>&lt;""#,
        r#"        - "\\x00\\x1b[2J\\x1b]0;title\\x07\\x9b31m\\x0d""#,
    ] {
        assert!(bad.contains(line), "{line}\n{bad}");
    }
}

fn the_tap_report_skips_what_was_not_run() {
    let script = Script::listing("tap-fast", "testprog 1\\na\\nb\\n", "exit 1");
    let text = printed(&script, &["--format=tap", "--fail-fast", "-j1", "--shuffle=1"], 1);
    let text = text.replace("# order: --shuffle=1\n", "");
    let tests = tap(&text);
    assert!(
        tests
            .iter()
            .any(|test| test.0.ends_with(" # SKIP the run stopped before this case started")),
        "{text}"
    );
}

/// Checks that Perl's `prove` accepts the TAP report. The version 3.44 of `prove` in Debian 12
/// refuses TAP version 14.
fn perl_reads_the_tap_report() -> Check {
    if let Some(missing) = need_tool("prove", "perl") {
        return Err(Stop::Missing(missing));
    }
    let passes = Script::listing("prove-passes", "testprog 1\\na#TODO\\nb\\n", "echo OK");
    let fails = hostile("prove-hostile");
    for (script, arguments, status, failed) in [
        (passes, &[][..], 0, ""),
        (fails, &["--shuffle=1", "--repeat=2"], 1, "Failed tests:  2-3, 6-7"),
    ] {
        let file = scratch("prove.tap");
        let text = printed(&script, &[&["--format=tap"], arguments].concat(), status);
        fs::write(&file, text).unwrap();
        let mut prove = std::process::Command::new("prove");
        let prove = prove.args(["--norc", "-e", "cat"]).arg(&file).output().unwrap();
        let text = String::from_utf8_lossy(&prove.stdout);
        assert_eq!(prove.status.code(), Some(status), "{text}");
        assert!(!text.contains("Parse errors") && text.contains(failed), "{text}");
    }
    Ok(())
}

/// Returns the lines that GitHub Actions would read as workflow commands.
fn commands(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.trim_start().starts_with("::") || line.contains("##["))
        .collect()
}

fn the_github_report_has_an_annotation_for_each_failure_and_no_other_command() {
    let text = printed(&hostile("github"), &["--format", "github"], 1);
    let commands = commands(&text);
    let titles: Vec<_> = commands.iter().map(|line| line.split("::").nth(1).unwrap()).collect();
    assert_eq!(
        titles,
        [
            "error title=FAIL%3A bad#TODO",
            "error title=FAIL%3A %3A%3Aerror%3A%3A<b>|x%2Cy%25",
            "error title=XPASS%3A unexpected",
            "error title=LEAK%3A leaks",
        ]
    );
    assert!(commands[0].contains("::exited with status 7%0A"), "{}", commands[0]);
    assert!(commands[0].contains(r"%0A    | \x00\x1b[2J"), "{}", commands[0]);
    assert!(text.contains("\nPASS  good\n") || text.starts_with("PASS  good\n"), "{text}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
}

fn an_annotation_has_the_place_of_its_case_and_ten_annotations_are_the_most() {
    let line = |name: &str, place: &str| format!("{name}\\t-\\t-\\t-\\t-\\t-\\t-\\t-\\t{place}\\n");
    let mut listing = format!("testprog 1\\n{}", line("flaky", "source harness/src/lib.rs:7"));
    for number in 1..=11 {
        let place = match number {
            1 => "source harness/src/lib.rs:12",
            2 => "source no/such/file.rs:3",
            _ => "topic t",
        };
        listing += &line(&format!("fails{number}"), place);
    }
    let mark = scratch("annotations-mark");
    let _ = fs::remove_file(&mark);
    let body = format!(
        "if [ $1 = flaky ] && [ -e {0} ]; then echo OK; else : >{0}; exit 3; fi",
        mark.display()
    );
    let script = Script::listing("annotations", &listing, &body);
    let summary = scratch("annotations.md");
    let mut command = script.command(&["--format", "github", "--retries=1", "-j1"]);
    let assert = command.env("GITHUB_STEP_SUMMARY", &summary).assert().code(1);
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let commands = commands(&text);
    assert_eq!(commands.len(), 10, "{text}");
    // Failures come before flaky cases, so the flaky case has no annotation.
    let title = "::error file=harness/src/lib.rs,line=12,title=FAIL%3A fails1::";
    assert!(commands[0].starts_with(title), "{}", commands[0]);
    assert!(commands[1].starts_with("::error title=FAIL%3A fails2::"), "{}", commands[1]);
    assert!(!commands.iter().any(|line| line.contains("flaky")), "{text}");
    assert!(text.ends_with("\n2 more failures have no annotation.\n"), "{text}");
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.contains("\n2 more failures have no annotation.\n"), "{summary}");
}

fn the_github_summary_is_a_table_that_shows_foreign_text_as_it_is() {
    let summary = scratch("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let script = hostile("summary");
    let mut command = script.command(&["-o", "github=/dev/null"]);
    command.env("GITHUB_STEP_SUMMARY", &summary).assert().code(1).stderr(is_empty());
    let text = fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("before\n### summary.sh\n\n1 of 7 cases passed in "), "{text}");
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + 6, "{text}");
    assert!(rows[3].starts_with(r"| FAIL | ::error::&lt;b&gt;\|x,y% | "), "{text}");
    assert!(rows[4].ends_with(r" | ucontext: a &lt;b&gt; \| \# c |"), "{text}");

    fs::write(&summary, "").unwrap();
    let mut other = script.command(&["--format", "tap"]);
    other.env("GITHUB_STEP_SUMMARY", &summary).assert().code(1);
    assert_eq!(
        fs::read_to_string(&summary).unwrap(),
        "",
        "the summary must stay empty without a GitHub report"
    );
}

fn a_run_is_a_table_of_one_target() {
    let script = hostile("table");
    let text = printed(&script, &["--format=markdown", "--name=x|y"], 1);
    assert!(text.contains("\n| 1 | x\\|y |  | 1 passed, 2 failed, 1 leaked"), "{text}");
    assert!(
        text.contains(r"| **FAIL** | ::error::&lt;b&gt;\|x,y% | x\|y | exited with status 7 |"),
        "{text}"
    );
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    let text = printed(&script, &["--format=html"], 1);
    assert!(text.starts_with("<!DOCTYPE html>") && text.ends_with("</html>"), "{text}");
    // If a report has neither a name nor a target, the page shows the name of the program's file as
    // the report's name.
    assert!(text.contains(" on 1 table.sh</h3>"), "{text}");
    assert!(
        text.contains("]]&gt;&lt;/failure&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;lt;"),
        "{text}"
    );
    assert!(!text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
    // `merge` accepts the JSON report of a run, and keeps every field of that report.
    let (report, merged) = (scratch("table.json"), scratch("merged.json"));
    fs::write(&report, printed(&script, &["--format=json"], 1)).unwrap();
    let output = format!("json={}", merged.display());
    testprog(&["merge", report.to_str().unwrap(), "-o", &output]).code(1);
    let read = |path| json(&fs::read_to_string(path).unwrap());
    assert_eq!(read(&merged)["rows"][0]["report"], read(&report));
}

fn several_reports_are_written_at_once() {
    let folder = scratch("several");
    fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name);
    fs::write(file("a.json"), "old, and longer than what comes ".repeat(1000)).unwrap();
    symlink("linked.xml", file("a.xml")).unwrap();
    fs::write(file("linked.xml"), "old").unwrap();
    let outputs: Vec<_> = [
        ("json", "a.json"),
        ("junit", "a.xml"),
        ("tap", "a.tap"),
        ("human", "a.txt"),
        ("github", "a.log"),
    ]
    .iter()
    .map(|(format, name)| format!("-o{format}={}", file(name).display()))
    .collect();
    let arguments: Vec<_> = outputs.iter().map(String::as_str).chain(["--color=always"]).collect();
    let script = hostile("several.sh");
    script.run(&arguments).code(1).stderr(is_empty()).stdout(contains("1 passed, 2 failed"));
    assert_eq!(json(&fs::read_to_string(file("a.json")).unwrap())["counts"]["fail"], 2);
    assert!(fs::symlink_metadata(file("a.xml")).unwrap().is_symlink());
    let xml = fs::read_to_string(file("linked.xml")).unwrap();
    assert_eq!(Report::deserialize_from_str(&xml).unwrap().tests, 7);
    assert_eq!(tap(&fs::read_to_string(file("a.tap")).unwrap()).len(), 7);
    let human = fs::read_to_string(file("a.txt")).unwrap();
    assert!(human.contains("  good") && human.contains("1 passed, 2 failed"), "{human}");
    assert!(!human.contains('\x1b'), "a report in a file must have no colors");
    assert_eq!(commands(&fs::read_to_string(file("a.log")).unwrap()).len(), 4);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 6, "a temporary file is left");
    // The command writes a report to a private temporary file first, but the report must have the
    // permissions of any new file.
    let mode = |name: &str| fs::metadata(file(name)).unwrap().permissions().mode();
    fs::write(file("plain"), "").unwrap();
    assert_eq!(mode("a.tap"), mode("plain"));
}

fn an_output_that_cannot_be_written_keeps_no_other_from_it() -> Check {
    let vanishing = scratch("vanishing");
    let script = Script::new("unwritable", &format!("rm -rf '{}'; echo OK", vanishing.display()));
    let good = scratch("written.tap");
    let good_output = format!("tap={}", good.display());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (path, cause) in [
        (format!("{}/a.json", vanishing.display()), "No such file or directory (os error 2)\n"),
        (folder.display().to_string(), "Is a directory (os error 21)\n"),
    ] {
        fs::create_dir_all(&vanishing).unwrap();
        let assert = script.run(&["-o", &format!("json={path}"), "-o", &good_output]).code(2);
        assert
            .stdout(contains("1 passed"))
            .stderr(predicates::ord::eq(format!("failed to write `{path}`: {cause}")));
        assert_eq!(tap(&fs::read_to_string(&good).unwrap()).len(), 1);
        fs::remove_file(&good).unwrap();
    }
    let full = full_device()?;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    command.arg("--prog").arg(&script.path).args(["-o", &good_output, "-o", "json=/dev/full"]);
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    let full = "No space left on device (os error 28)";
    assert_eq!(
        stderr,
        format!("failed to write `standard output`: {full}\nfailed to write `/dev/full`: {full}\n")
    );
    assert_eq!(tap(&fs::read_to_string(&good).unwrap()).len(), 1);
    assert!(
        fs::metadata("/dev/full").is_ok_and(|found| !found.is_file()),
        "/dev/full must still be a device"
    );
    Ok(())
}

fn a_wrong_output_is_refused() {
    for output in ["json", "json=", "xml=a", "=a"] {
        testprog(&["-o", output]).code(2).stdout(is_empty()).stderr(starts_with("error: "));
    }
    refused(
        testprog(&["-ojson=a", "-otap=a"]),
        2,
        "failed to write `a`: two outputs name this file",
    );
}

fn a_person_sees_a_hostile_text_and_nothing_of_it_acts() {
    for arguments in [&[][..], &["--color=always"]] {
        let text = printed(&hostile("human"), arguments, 1);
        assert!(text.contains("    | \\x00\\x1b[2J\\x1b]0;title\\x07\\x9b31m\\x0d\n"), "{text}");
        assert!(text.contains("    | not ok 1 - forged\n"), "{text}");
        // Apart from the command's own color codes, the report must not contain control characters.
        let colors = ["\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m"];
        let plain = colors.iter().fold(text, |text, color| text.replace(color, ""));
        assert!(!plain.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{plain:?}");
    }
}

/// Text with lines that CI systems execute as commands, and with one hidden Unicode character of each
/// kind.
const COMMANDS: &str = "::error::a\n \u{3000}::stop-commands::b\n##[group]c\nd ##vso[task.complete]e\n\
    ##teamcity[f]\n###[g]\n\u{ad}\u{34f}\u{180e}\u{2028}\u{202e}\u{2066}\u{3164}\u{fe0f}\u{fff9}\u{e0041}\n";

fn no_report_shows_a_hidden_character_or_starts_a_command_of_a_ci_system() {
    let text = Script::file("commands.txt", COMMANDS.as_bytes());
    let listing =
        "testprog 1\\n::error::n\\n##[group]n\\tx,::y\\texits 3 ::error::t\\t-\\tm::##vso[n: ok\\n";
    let body = format!(
        "if [ $1 = --about ]; then printf 'testprog 1\\n::error::f: ##[v]\\n'; exit; fi; cat {0}; cat {0} >&2; exit 1",
        text.path.display()
    );
    let script = Script::listing("commands", "testprog 1\\n", "");
    let text =
        format!("#!/bin/sh\nif [ $1 = --list ]; then printf '{listing}'; exit; fi\n{body}\n");
    fs::write(&script.path, text).unwrap();
    let check = |text: &str| {
        let own = |line: &&str| line.starts_with("::error title=FAIL");
        for line in text.lines().filter(|line| !own(line)) {
            assert!(!line.trim_start().starts_with("::"), "{line}");
            for command in ["##[", "##vso[", "##teamcity["] {
                assert!(!line.contains(command), "{line}");
            }
        }
        let hidden = |c: char| testprog_harness::text::is_hidden(c) && c != '\n' && c != '\t';
        assert!(!text.contains(hidden), "{text:?}");
    };
    for format in ["human", "json", "junit", "tap", "github", "markdown", "html"] {
        check(&printed(&script, &["--format", format], 1));
    }
    let no_capture = script.run(&["--no-capture"]).code(1);
    check(&String::from_utf8(no_capture.get_output().stderr.clone()).unwrap());
    let path = script.path.to_str().unwrap();
    for arguments in [
        &["list", "--prog", path][..],
        &["list", "--format=json", "--prog", path],
        &["about", "--prog", path],
    ] {
        let listed = testprog(arguments).code(0);
        check(&String::from_utf8(listed.get_output().stdout.clone()).unwrap());
    }
    let report = scratch("commands.json");
    let output = format!("json={}", report.display());
    script.run(&["-o", &output]).code(1);
    for format in ["human", "json", "markdown", "html"] {
        let merged = testprog(&["merge", report.to_str().unwrap(), "--format", format]).code(1);
        check(&String::from_utf8(merged.get_output().stdout.clone()).unwrap());
    }
}

fn an_error_shows_a_wrong_argument_and_nothing_of_it_acts() {
    const WORD: &str = "\u{1b}[31mred\n::error::x\u{202e}";
    const SHOWN: &str = r"\x1b[31mred\x0a::error::x\xe2\x80\xae";
    let script = Script::new("errors", "echo OK");
    let json = format!("json={WORD}/a");
    for arguments in [
        &["--runner", &format!("'{WORD}'")][..],
        &["--runner", &format!("{WORD}'")],
        &["-o", &json],
        &["-o", &json, "-o", &json],
        &["-o", WORD],
        &[WORD],
        &["--exact", WORD],
        &["--deadline", WORD],
        &["--limit", WORD],
        &["--shard", WORD],
        &["--format", WORD],
        &[&format!("--{WORD}")],
    ] {
        let assert = script.run(arguments);
        let stderr = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(stderr.contains(SHOWN), "{arguments:?}: {stderr:?}");
        assert!(!stderr.lines().any(|line| line.starts_with("::")), "{stderr:?}");
        let acts = |c: char| testprog_harness::text::is_hidden(c) && c != '\n';
        assert!(!stderr.contains(acts), "{arguments:?}: {stderr:?}");
    }
    for arguments in [
        &["--prog", WORD][..],
        &["list", "--prog", WORD],
        &["merge", WORD],
        &["merge", script.path.to_str().unwrap(), WORD],
        &["compare", WORD, WORD],
        &["matrix", WORD],
        &[WORD, "--wrong"],
        &["--prog", script.path.to_str().unwrap(), "--may-lack", WORD],
    ] {
        let assert = testprog(arguments);
        let stderr = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        let acts = |c: char| testprog_harness::text::is_hidden(c) && c != '\n';
        assert!(!stderr.contains(acts), "{arguments:?}: {stderr:?}");
        assert!(!stderr.lines().any(|line| line.starts_with("::")), "{stderr:?}");
    }
}
