//! Converts reports of earlier schemas to the current schema.

use serde_json::{Map, Value};

/// Converts a run report or matrix report from schema 1 to schema 2.
///
/// - The verdict `known_fail` becomes `xfail`, and the verdict `unexpected` becomes `xpass`.
///
/// - The field `ending` becomes the field `alternative`.
///
/// - The fields `core_file` and `directory` move into the field `artifacts`.
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

/// Returns the objects in the list that is the field `field` of `object`.
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

#[cfg(test)]
mod properties {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::json;

    use super::*;

    /// Returns a strategy for JSON values, some of whose field names occur in reports.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            select(vec!["known_fail", "unexpected", "pass"]).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        let fields = [
            "schema",
            "kind",
            "rows",
            "report",
            "counts",
            "cases",
            "verdict",
            "ending",
            "known_fail",
            "earlier_attempts",
            "core_file",
            "directory",
            "other",
        ];
        leaf.prop_recursive(5, 64, 6, move |inner| {
            let field = (select(fields.to_vec()).prop_map(str::to_owned), inner.clone());
            prop_oneof![
                vec(inner, 0..5).prop_map(Value::from),
                vec(field, 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// Returns a strategy for the result of one child, in the form of schema 1 and in the form of
    /// schema 2.
    fn trial() -> impl Strategy<Value = (Value, Value)> {
        let verdicts = [("known_fail", "xfail"), ("unexpected", "xpass"), ("pass", "pass")];
        let (text, core) = (option::of(any::<String>()), option::of(any::<String>()));
        (select(verdicts.to_vec()), text.clone(), core, text).prop_map(
            |((old, new), ending, core, directory)| {
                let core = core.map(|path| json!({ "path": path, "absent": null }));
                let first = json!({
                    "verdict": old, "ending": ending, "core_file": core, "directory": directory
                });
                let mut second = json!({ "verdict": new, "alternative": ending });
                if core.is_some() || directory.is_some() {
                    second["artifacts"] = json!({ "core_file": core, "directory": directory });
                }
                (first, second)
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_value_can_be_upgraded_and_once_is_enough(mut value in value()) {
            from_1(&mut value);
            let once = value.clone();
            from_1(&mut value);
            prop_assert_eq!(value, once);
        }

        #[test]
        fn every_run_of_schema_1_becomes_the_same_run(cases in vec((trial(), vec(trial(), 0..3)), 0..4)) {
            let (mut old, mut new) = (Vec::new(), Vec::new());
            for ((mut old_case, mut new_case), attempts) in cases {
                let (old_attempts, new_attempts): (Vec<_>, Vec<_>) = attempts.into_iter().unzip();
                old_case["earlier_attempts"] = old_attempts.into();
                new_case["earlier_attempts"] = new_attempts.into();
                old.push(old_case);
                new.push(new_case);
            }
            let mut report = json!({ "schema": 1, "cases": old });
            from_1(&mut report);
            prop_assert_eq!(report, json!({ "schema": 2, "cases": new }));
        }
    }
}
