//! Converts reports of earlier schemas to the current one.

use serde_json::{Map, Value};

/// Converts a run report or matrix report from schema 1 to schema 2.
///
/// | schema 1 | schema 2 |
/// |---|---|
/// | verdict `known_fail` | verdict `xfail` |
/// | verdict `unexpected` | verdict `xpass` |
/// | field `ending` | field `alternative` |
/// | fields `core_file` and `directory` | fields of the same names in the field `artifacts` |
pub(crate) fn from_1(document: &mut Value) {
    let Some(document) = document.as_object_mut() else { return };
    document.insert("schema".to_owned(), 2.into());
    run(document);
    for row in objects(document, "rows") {
        if let Some(Value::Object(report)) = row.get_mut("report") {
            report.insert("schema".to_owned(), 2.into());
            run(report);
        }
    }
}

fn run(report: &mut Map<String, Value>) {
    if let Some(Value::Object(counts)) = report.get_mut("counts") {
        rename(counts, "known_fail", "xfail");
        rename(counts, "unexpected", "xpass");
    }
    for case in objects(report, "cases") {
        trial(case);
        objects(case, "earlier_attempts").for_each(trial);
    }
}

fn trial(trial: &mut Map<String, Value>) {
    if let Some(Value::String(verdict)) = trial.get_mut("verdict") {
        match verdict.as_str() {
            "known_fail" => "xfail".clone_into(verdict),
            "unexpected" => "xpass".clone_into(verdict),
            _ => {}
        }
    }
    rename(trial, "ending", "alternative");
    let parts = ["core_file", "directory"];
    let parts = parts.map(|name| (name.to_owned(), trial.remove(name).unwrap_or_default()));
    if parts.iter().any(|(_, value)| !value.is_null()) {
        trial.insert("artifacts".to_owned(), Value::Object(parts.into_iter().collect()));
    }
}

fn rename(object: &mut Map<String, Value>, old: &str, new: &str) {
    if let Some(value) = object.remove(old) {
        object.insert(new.to_owned(), value);
    }
}

/// Returns the objects in the list that is the named field of `object`.
fn objects<'a>(
    object: &'a mut Map<String, Value>,
    field: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let list = object.get_mut(field).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_of_schema_1_gets_the_names_of_schema_2() {
        let mut run = json!({
            "schema": 1, "counts": { "known_fail": 1, "unexpected": 2, "pass": 3 },
            "cases": [
                { "verdict": "known_fail", "ending": "a", "core_file": { "path": "p" }, "directory": "d", "x": 1 },
                { "verdict": "unexpected", "ending": null, "earlier_attempts": [
                    { "verdict": "known_fail", "ending": "b", "directory": "e" }
                ] },
                { "verdict": "pass", "reason": "known_fail" }
            ]
        });
        let upgraded = json!({
            "schema": 2, "counts": { "xfail": 1, "xpass": 2, "pass": 3 },
            "cases": [
                { "verdict": "xfail", "alternative": "a", "x": 1,
                  "artifacts": { "core_file": { "path": "p" }, "directory": "d" } },
                { "verdict": "xpass", "alternative": null, "earlier_attempts": [
                    { "verdict": "xfail", "alternative": "b",
                      "artifacts": { "core_file": null, "directory": "e" } }
                ] },
                { "verdict": "pass", "reason": "known_fail" }
            ]
        });
        let mut matrix = json!({ "schema": 1, "kind": "matrix", "rows": [{ "report": run }, { "report": null }] });
        from_1(&mut run);
        assert_eq!(run, upgraded);
        from_1(&mut matrix);
        let rows = json!([{ "report": upgraded }, { "report": null }]);
        assert_eq!(matrix, json!({ "schema": 2, "kind": "matrix", "rows": rows }));
    }

    #[test]
    fn what_is_no_report_stays_as_it_is() {
        for mut other in [json!(null), json!([1]), json!("x")] {
            let before = other.clone();
            from_1(&mut other);
            assert_eq!(other, before);
        }
        let mut odd = json!({ "counts": 1, "cases": [1, null, {}], "rows": { "a": 1 } });
        from_1(&mut odd);
        assert_eq!(
            odd,
            json!({ "schema": 2, "counts": 1, "cases": [1, null, {}], "rows": { "a": 1 } })
        );
    }
}
