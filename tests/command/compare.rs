//! Tests `cargo testprog compare` on reports that the tests write.

use assert_cmd::assert::Assert;
use libtest_mimic::Trial;
use predicates::str::{contains, diff, is_empty, starts_with};
use serde_json::Value;

use crate::documents::{file, run, testprog};
use crate::schema;
use crate::trial::scratch::scratch;

pub(crate) fn trials() -> Vec<Trial> {
    crate::test_functions::trials![
        what_changed_is_told_the_worst_first,
        the_status_is_1_only_if_something_got_worse,
        a_report_of_schema_1_is_compared_with_one_of_schema_2,
        the_json_is_as_its_schema_says,
        what_is_no_report_is_refused,
    ]
}

fn compare(name: &str, old: &[(&str, &str)], new: &[(&str, &str)], arguments: &[&str]) -> Assert {
    let old = file(&format!("{name}-old.json"), &run("t", old).to_string());
    let new = file(&format!("{name}-new.json"), &run("u", new).to_string());
    testprog(&[&["compare", &old, &new], arguments].concat())
}

fn what_changed_is_told_the_worst_first() {
    let old = [("a", "pass"), ("b", "fail"), ("c", "pass"), ("d", "fail"), ("e", "pass")];
    let new = [("a", "fail"), ("b", "pass"), ("d", "unsupported"), ("e", "pass"), ("f", "pass")];
    compare("told", &old, &new, &[]).code(1).stderr(is_empty()).stdout(diff(
        "  worse  u  4 cases judged, 5 in the earlier report
  worse  a  FAIL (exited with status 1); before: PASS (status 0)
  fixed  b  PASS (status 0); before: FAIL (exited with status 1)
   gone  c  before: PASS (status 0)
    new  f  PASS (status 0)
changed  d  UNSUPPORTED (ucontext: musl has no getcontext); before: FAIL (exited with status 1)
2 worse, 1 fixed, 1 gone, 1 new, 1 changed
",
    ));
}

fn the_status_is_1_only_if_something_got_worse() {
    for (name, old, new, status) in [
        ("same", &[("a", "fail")][..], &[("a", "fail")][..], 0),
        ("fixed", &[("a", "fail")], &[("a", "pass")], 0),
        ("renamed", &[("a", "pass")], &[("b", "pass")], 0),
        ("grown", &[("a", "pass")], &[("a", "pass"), ("b", "pass")], 0),
        ("shrunk", &[("a", "pass"), ("b", "pass")], &[("a", "pass")], 1),
        ("gated", &[("a", "pass")], &[("a", "unsupported")], 1),
        ("stopped", &[("a", "fail")], &[("a", "not_run")], 1),
        ("broken", &[("a", "unsupported")], &[("a", "fail")], 1),
    ] {
        for format in ["human", "json", "markdown"] {
            compare(name, old, new, &["--format", format]).code(status).stderr(is_empty());
        }
    }
}

fn a_report_of_schema_1_is_compared_with_one_of_schema_2() {
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/command/documents/schema-1.json");
    let merged = testprog(&["merge", old, "--format", "json"]).code(1);
    let new = String::from_utf8(merged.get_output().stdout.clone()).unwrap();
    let same = file("upgraded-same.json", &new);
    testprog(&["compare", old, &same]).code(0).stdout(contains("0 worse, 0 fixed, 0 gone"));
    let mut changed: Value = serde_json::from_str(&new).unwrap();
    changed["rows"][0]["report"]["cases"][1]["verdict"] = "pass".into();
    let changed = file("upgraded-changed.json", &changed.to_string());
    testprog(&["compare", old, &changed]).code(0).stdout(contains("before: XFAIL ("));
}

fn the_json_is_as_its_schema_says() {
    let mut schema = schema::read("changes.schema.json");
    for place in ["", "/$defs/change", "/$defs/side"] {
        schema.pointer_mut(place).unwrap()["additionalProperties"] = false.into();
    }
    let old = [("a", "pass"), ("b", "fail"), ("c", "pass")];
    let assert = compare("json", &old, &[("a", "fail"), ("b", "pass")], &["--format=json"]).code(1);
    let report: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(schema::errors(&schema, &report), [""; 0]);
    assert_eq!(report["counts"]["worse"], 2);
    assert_eq!(report["changes"][1]["old"]["outcome"], "status 0");
}

fn what_is_no_report_is_refused() {
    let good = file("good.json", &run("t", &[("a", "pass")]).to_string());
    let bad = file("bad.json", "{\"schema\": 3}");
    let missing = scratch("missing.json").display().to_string();
    let refused = |arguments: &[&str], start: &str| {
        let assert = testprog(&[&["compare"], arguments].concat());
        assert.code(2).stdout(is_empty()).stderr(starts_with(start));
    };
    refused(
        &[&good, &bad],
        &format!(
            "failed to read `{bad}`: the report has schema 3, but this command reads schemas 1 and 2\n"
        ),
    );
    refused(
        &[&bad, &good],
        &format!(
            "failed to read `{bad}`: the report has schema 3, but this command reads schemas 1 and 2\n"
        ),
    );
    refused(&[&good, &missing], &format!("failed to read `{missing}`: "));
    testprog(&["compare", &good]).code(2).stdout(is_empty()).stderr(contains("<NEW>"));
}
