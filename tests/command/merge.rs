//! Tests `cargo testprog merge`: joined reports, refused files, and reports with hostile text.

use std::fs;

use assert_cmd::assert::Assert;
use libtest_mimic::Trial;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, is_empty, starts_with};
use serde_json::{Value, json};

use crate::documents::{file, run, testprog};
use crate::schema;
use crate::trial::scratch::scratch;

pub(crate) fn trials() -> Vec<Trial> {
    crate::test_functions::trials![
        the_merged_report_is_as_its_schema_says_and_can_be_merged_again,
        a_report_comes_out_as_it_went_in,
        what_is_no_report_is_refused,
        a_case_in_two_files_is_refused_with_the_names_of_both,
        a_report_of_schema_1_becomes_one_of_schema_2,
        nothing_that_ran_is_status_3,
        an_output_that_cannot_be_written_keeps_no_other_from_it,
        a_baseline_that_was_better_is_status_1,
        the_table_shows_targets_that_do_not_agree,
        a_hostile_report_says_nothing_that_acts,
        the_markdown_of_a_large_report_fits_a_summary,
        a_row_says_that_children_were_forked_be_it_in_one_shard,
    ]
}

const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{202e}\r\n|`*_[x](http://y)<script>alert(1)</script>\n::error::x\n##[error]y";

fn document(name: &str, document: &Value) -> String {
    file(name, &document.to_string())
}

fn merge(arguments: &[&str]) -> Assert {
    testprog(&[&["merge"], arguments].concat())
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn shard(index: u32, total: u32, cases: &[(&str, &str)]) -> Value {
    let mut run = run("t", cases);
    run["shard"] = json!({ "index": index, "total": total });
    run
}

/// Asserts that `merge` prints one line on standard error and nothing on standard output, with
/// status 2.
fn refused(arguments: &[&str], cause: &str) {
    merge(arguments)
        .code(2)
        .stdout(is_empty())
        .stderr(starts_with("failed to ").and(contains(cause)))
        .stderr(predicates::function::function(|text: &str| text.lines().count() == 1));
}

fn the_merged_report_is_as_its_schema_says_and_can_be_merged_again() {
    let schema = schema::read("matrix.schema.json");
    let check = |text: &str| {
        let report: Value = serde_json::from_str(text).unwrap();
        assert_eq!(schema::errors(&schema, &report), [""; 0]);
        report
    };
    let one = document("schema-1.json", &shard(1, 3, &[("a", "pass")]));
    let three = document("schema-3.json", &shard(3, 3, &[("c", "pass")]));
    let other = document("schema-other.json", &run("u", &[("a", "unsupported")]));
    // The exit status is 4 because the cases of the missing shard have no verdict.
    let part = stdout(&merge(&["--format=json", &three, &other, &one]).code(4).stderr(is_empty()));
    let report = check(&part);
    assert_eq!(report["rows"][0]["reason"], "1 shard is missing: 2/3");
    assert_eq!(report["rows"][0]["shards"], json!({ "total": 3, "present": [1, 3] }));
    assert_eq!(report["rows"][1]["name"], "u");

    let (part, two) =
        (file("part.json", &part), document("schema-2.json", &shard(2, 3, &[("b", "pass")])));
    let report = check(&stdout(&merge(&["--format=json", &part, &two]).code(0)));
    let names: Vec<_> =
        (0..3).map(|index| &report["rows"][0]["report"]["cases"][index]["name"]).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(report["rows"][0]["report"]["counts"]["pass"], 3);

    let mut wrong = report.clone();
    wrong["rows"][0]["report"]["cases"][0].as_object_mut().unwrap().remove("leaked");
    let errors = schema::errors(&schema, &wrong);
    let is_noticed = errors.len() == 1 && errors[0].contains("leaked");
    assert!(is_noticed || !schema::is_built(), "{errors:?}");
}

fn a_report_comes_out_as_it_went_in() {
    let mut one = run("t", &[("a", "fail"), ("b", "pass")]);
    one["probes"] = json!([{ "name": "ucontext", "state": "present", "later": 1 }]);
    one["cases"][0]["later"] = json!({ "x": [1.5, "\u{202e}"] });
    let path = document("as-is.json", &one);
    let merged: Value =
        serde_json::from_str(&stdout(&merge(&["--format=json", &path]).code(1))).unwrap();
    assert_eq!(merged["rows"][0]["report"], one);
}

fn what_is_no_report_is_refused() {
    let good = document("good.json", &run("t", &[("a", "pass")]));
    let mut later = run("u", &[("a", "pass")]);
    later["schema"] = 3.into();
    let changes = json!({ "schema": 2, "kind": "changes" });
    for (name, text, cause) in [
        (
            "empty",
            String::new(),
            "the content is not a report: EOF while parsing a value at line 1 column 0",
        ),
        (
            "half",
            "{\"schema\": 1, \"to".to_owned(),
            "the content is not a report: EOF while parsing",
        ),
        ("text", "PASS\nFAIL\n".to_owned(), "the content is not a report: "),
        ("binary", "\u{1b}[2J\0".to_owned(), "the content is not a report: "),
        ("object", "{}".to_owned(), "the content is not a report: the field `schema` is missing"),
        (
            "later",
            later.to_string(),
            "the report has schema 3, but this command reads schemas 1 and 2",
        ),
        ("changes", changes.to_string(), "the report has kind \"changes\", but this command reads"),
        ("deep", "[".repeat(100_000), "the content is not a report: "),
    ] {
        let bad = file(name, &text);
        // `merge` refuses the bad file whether it comes before or after the good file.
        refused(&[&good, &bad], &format!("failed to read `{bad}`: {cause}"));
        refused(&[&bad, &good], &format!("failed to read `{bad}`: {cause}"));
        refused(&[&good, "--baseline", &bad], &format!("failed to read `{bad}`: {cause}"));
    }
    refused(&["no/such.json"], "failed to read `no/such.json`: ");
    refused(&[env!("CARGO_TARGET_TMPDIR")], "failed to read `");
    merge(&[]).code(2).stdout(is_empty()).stderr(contains("<REPORT>"));
    merge(&["--format=xml", &good]).code(2).stdout(is_empty());
}

fn a_case_in_two_files_is_refused_with_the_names_of_both() {
    let (one, two) = (shard(1, 2, &[("a", "pass")]), shard(2, 2, &[("b", "pass"), ("a", "pass")]));
    let (one, two) = (document("twice-1.json", &one), document("twice-2.json", &two));
    refused(
        &[&one, &two],
        &format!("failed to merge `{two}`: case `a` of row `t` is also in `{one}`"),
    );
    refused(
        &[&one, &one],
        &format!("failed to merge `{one}`: case `a` of row `t` is also in `{one}`"),
    );
}

fn a_report_of_schema_1_becomes_one_of_schema_2() {
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/command/documents/schema-1.json");
    let assert = merge(&[old, "--format", "json"]).code(1).stderr(is_empty());
    let merged: Value = serde_json::from_str(&stdout(&assert)).unwrap();
    assert_eq!((&merged["schema"], &merged["rows"][0]["report"]["schema"]), (&2.into(), &2.into()));
    let names: Vec<_> = merged["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "musl-gcc"]);
    let report = &merged["rows"][0]["report"];
    let counts = &report["counts"];
    assert_eq!((&counts["xfail"], &counts["xpass"]), (&1.into(), &1.into()));
    assert!(counts["known_fail"].is_null() && counts["unexpected"].is_null(), "{counts}");
    let cases = report["cases"].as_array().unwrap();
    assert_eq!((&cases[1]["verdict"], &cases[2]["verdict"]), (&"xfail".into(), &"xpass".into()));
    let artifacts = json!({
        "core_file": { "path": "/tmp/testprog-7-3.core", "absent": null },
        "directory": "/tmp/testprog-7-3"
    });
    assert_eq!(cases[3]["artifacts"], artifacts);
    let attempt = &cases[3]["earlier_attempts"][0];
    assert_eq!((&attempt["verdict"], &attempt["alternative"]), (&"xfail".into(), &"a".into()));
    // Merging the merged report again changes nothing, although the merged report has schema 2.
    let path = document("upgraded.json", &merged);
    let again: Value =
        serde_json::from_str(&stdout(&merge(&[&path, "--format", "json"]).code(1))).unwrap();
    assert_eq!(again, merged);
}

fn nothing_that_ran_is_status_3() {
    let rows =
        json!([{ "name": "t", "state": "not_run", "reason": "apt-get install x", "report": null }]);
    let matrix = json!({ "schema": 2, "kind": "matrix", "tool": "", "started": "", "rows": rows });
    let path = document("not-run.json", &matrix);
    merge(&[&path]).code(3).stdout(contains("not run: apt-get install x"));
    let empty = json!({ "schema": 2, "kind": "matrix", "tool": "", "started": "", "rows": [] });
    merge(&[&document("no-rows.json", &empty)]).code(3);
}

fn an_output_that_cannot_be_written_keeps_no_other_from_it() {
    let report = document("output.json", &run("t", &[("a", "pass")]));
    let written = scratch("written.md");
    let output = format!("markdown={}", written.display());
    merge(&[&report, "-o", "html=no/such/folder/page.html", "-o", &output])
        .code(2)
        .stdout(contains("1 passed"))
        .stderr(starts_with("failed to write `no/such/folder/page.html`: "));
    assert!(fs::read_to_string(&written).unwrap().starts_with("### "));
    refused(&[&report, "-ojson=a", "-ohtml=a"], "failed to write `a`: two outputs name this file");
}

fn a_baseline_that_was_better_is_status_1() {
    let old = document("baseline.json", &run("t", &[("a", "pass"), ("b", "fail")]));
    let new = document("now.json", &run("t", &[("a", "unsupported"), ("b", "pass")]));
    merge(&[&new]).code(0);
    let worse = contains(
        "worse  a  UNSUPPORTED (ucontext: musl has no getcontext); before: PASS (status 0)",
    );
    let assert = merge(&[&new, "--baseline", &old]).code(1);
    assert
        .stdout(worse.and(contains("fixed  b  PASS (status 0)")).and(contains("2 worse, 1 fixed")));
    merge(&[&new, "--baseline", &new]).code(0).stdout(contains("0 worse, 0 fixed"));
    for (format, text) in [("markdown", "| worse | t | a | "), ("html", "Since the baseline")] {
        merge(&[&new, "--baseline", &old, "--format", format]).code(1).stdout(contains(text));
    }
}

fn the_table_shows_targets_that_do_not_agree() {
    let mut bus = run("u", &[("a", "pass"), ("b", "pass")]);
    bus["cases"][0]["end"] = json!({ "kind": "signaled", "signal": "SIGBUS", "core": false });
    let (one, two) = (
        document("agree-1.json", &run("t", &[("a", "pass"), ("b", "pass")])),
        document("agree-2.json", &bus),
    );
    let text = stdout(&merge(&[&one, &two]).code(0));
    assert!(
        text.contains(
            "Different on some targets (*):\n  a: PASS (status 0) in 1; PASS (SIGBUS) in 2\n"
        ),
        "{text}"
    );
    assert!(text.contains("\n a  pass  pass*\n b  pass  pass\n"), "{text}");
}

fn a_hostile_report_says_nothing_that_acts() {
    let mut hostile = run(HOSTILE, &[(HOSTILE, "fail"), ("skipped", "unsupported")]);
    hostile["tool"] = HOSTILE.into();
    hostile["name"] = HOSTILE.into();
    hostile["target"]["libc"] = HOSTILE.into();
    hostile["cases"][0]["verdict"] = HOSTILE.into();
    hostile["cases"][0]["reason"] = HOSTILE.into();
    hostile["cases"][0]["rerun"] = HOSTILE.into();
    hostile["cases"][0]["expected"] = HOSTILE.into();
    hostile["cases"][1]["reason"] = HOSTILE.into();
    hostile["cases"][0]["end"] = json!({ "kind": "signaled", "signal": HOSTILE, "core": false });
    let one = document("hostile.json", &hostile);
    let old = document("hostile-old.json", &run(HOSTILE, &[(HOSTILE, "pass"), ("b", "pass")]));
    for format in ["human", "markdown", "json"] {
        let text = stdout(&merge(&[&one, "--baseline", &old, "--format", format]).code(1));
        let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!text.contains(acts), "{format}: {text:?}");
        let commands = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[");
        if format == "markdown" {
            assert_eq!(text.lines().find(commands), None);
            assert!(!text.contains("<script") && text.contains("&lt;script&gt;alert"), "{text}");
        }
    }
}

fn the_markdown_of_a_large_report_fits_a_summary() {
    let names: Vec<_> =
        (0..4000).map(|index| format!("case_{index}_{}", "x".repeat(200))).collect();
    let cases: Vec<_> = names.iter().map(|name| (&**name, "fail")).collect();
    let path = document("large.json", &run("t", &cases));
    let text = stdout(&merge(&[&path, "--format=markdown"]).code(1));
    assert!(text.len() < 1024 * 1024, "{}", text.len());
    assert!(text.contains("more lines are not shown."), "{}", &text[text.len() - 500..]);
}

fn a_row_says_that_children_were_forked_be_it_in_one_shard() {
    let old = shard(1, 2, &[("a", "pass")]);
    let mut forked = shard(2, 2, &[("b", "pass")]);
    forked["zygote"] = true.into();
    let row = |name: &str, shards: [&Value; 2]| {
        let [one, two] =
            [0, 1].map(|index| document(&format!("{name}-{index}.json"), shards[index]));
        let text = stdout(&merge(&["--format", "json", &one, &two]).code(0));
        let report = serde_json::from_str::<Value>(&text).unwrap()["rows"][0]["report"].take();
        (document(&format!("{name}.json"), &report), report)
    };
    let (forked, report) = row("forked", [&old, &forked]);
    assert_eq!(report["zygote"], true);
    let (started, report) = row("started", [&old, &shard(2, 2, &[("b", "pass")])]);
    assert_eq!(report.get("zygote"), None, "a report without the field must stay without it");
    // `compare` does not count the use of a zygote as a changed verdict.
    testprog(&["compare", &started, &forked]).code(0).stdout(contains("0 worse, 0 fixed"));
    testprog(&["compare", &forked, &started]).code(0).stdout(contains("0 worse, 0 fixed"));
}
