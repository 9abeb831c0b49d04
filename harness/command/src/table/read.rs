//! Reads run reports and matrix reports from JSON files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use testprog_harness::text;

use super::matrix::{Matrix, Shards, State};
use crate::document::{Report, SCHEMA, upgrade};
use crate::error::Error;

/// Fields of a report that are read first, since the schema number decides how to read the other
/// fields.
#[derive(Deserialize)]
struct Head {
    schema: Option<Value>,
    kind: Option<Value>,
}

/// A report that was read from a file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Name of the file, escaped for a terminal.
    pub(crate) file: String,
    pub(crate) matrix: Matrix,
    /// Whether the report is one run without a name. The matrix row of a run without a name is
    /// named after the target, so a row of another build for the target would have the same name.
    pub(crate) is_unnamed: bool,
}

/// Reads a report. A run report becomes a matrix of one row.
///
/// # Errors
///
/// Fails if the file cannot be read, or is not a report of a known schema.
pub(crate) fn read(path: &Path) -> Result<Source, Error> {
    let file = text::one_line(&path.display().to_string());
    let refuse = |cause: String| {
        Error::usage(format!("failed to read `{file}`: {}", text::one_line(&cause)))
    };
    let bytes = fs::read(path).map_err(|error| refuse(error.to_string()))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let (matrix, is_unnamed) = parse(&bytes, &stem).map_err(refuse)?;
    Ok(Source { file, matrix, is_unnamed })
}

/// Parses a report. Returns the report, and whether the report is one run without a name.
///
/// `stem` names the matrix row of a run that has neither a name nor a target.
pub(crate) fn parse(bytes: &[u8], stem: &str) -> Result<(Matrix, bool), String> {
    let broken = |error: serde_json::Error| format!("the content is not a report: {error}");
    let Head { schema, kind } = serde_json::from_slice(bytes).map_err(broken)?;
    match schema {
        None => return Err("the content is not a report: the field `schema` is missing".to_owned()),
        Some(schema) if schema == SCHEMA => {}
        Some(schema) if schema == 1 => {
            let mut old = serde_json::from_slice(bytes).map_err(broken)?;
            upgrade::from_1(&mut old);
            return parse(old.to_string().as_bytes(), stem);
        }
        Some(schema) => {
            return Err(format!(
                "the report has schema {}, but this command reads schemas 1 and {SCHEMA}",
                excerpt(&schema)
            ));
        }
    }
    let mut is_unnamed = false;
    let mut matrix: Matrix = match &kind {
        None => {
            let report: Report = serde_json::from_slice(bytes).map_err(broken)?;
            is_unnamed = report.name.is_none();
            Matrix::of(report, stem)
        }
        Some(kind) if kind == "matrix" => serde_json::from_slice(bytes).map_err(broken)?,
        Some(kind) => {
            return Err(format!(
                "the report has kind {}, but this command reads only run reports and reports of \
                 kind \"matrix\"",
                excerpt(kind)
            ));
        }
    };
    check(&mut matrix)?;
    Ok((matrix, is_unnamed))
}

/// Returns the beginning of a foreign value as text, since the whole value may be long.
fn excerpt(value: &Value) -> String {
    const LONGEST: usize = 40;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Refuses a matrix that this command would never write, and sorts the shards of each row.
fn check(matrix: &mut Matrix) -> Result<(), String> {
    if let Some(name) = twice(matrix.rows.iter().map(|row| &row.name)) {
        return Err(format!("the report has the row `{name}` twice"));
    }
    for row in &mut matrix.rows {
        if let Some(case) = twice(row.cases().iter().map(|case| &case.name)) {
            return Err(format!("row `{}` has the case `{case}` twice", row.name));
        }
        if (row.state == State::Ran) != row.report.is_some() {
            return Err(format!(
                "row `{}` ran but has no report, or did not run but has a report",
                row.name
            ));
        }
        let Some(Shards { total, present }) = &mut row.shards else { continue };
        present.sort_unstable();
        present.dedup();
        if present.first().is_some_and(|first| *first == 0) || present.last() > Some(total) {
            return Err(format!("row `{}` has a shard number not in 1 to {total}", row.name));
        }
    }
    Ok(())
}

/// Returns the first name that occurs twice.
fn twice<'a>(names: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns a run report with these cases, as the JSON value.
    pub(crate) fn run(triple: &str, cases: &[(&str, &str)]) -> Value {
        let cases: Vec<_> = cases
            .iter()
            .map(|(name, verdict)| {
                let accepted = !matches!(*verdict, "fail" | "leak" | "unresolved" | "xpass");
                let status = i32::from(!accepted);
                serde_json::json!({
                    "name": name, "verdict": verdict, "accepted": accepted, "reason": "", "known_bug": null,
                    "expected": "status 0 and the answer OK", "runs": 1, "passes": 1, "first_failure": null,
                    "alternative": null, "end": { "kind": "exited", "status": status }, "wall_ms": 1.5,
                    "cpu_ms": 1.0, "max_rss_kib": 2048, "stdout": "OK\n", "stderr": "", "truncated": false,
                    "leaked": false, "earlier_attempts": [], "rerun": format!("testprog {name}"),
                })
            })
            .collect();
        serde_json::json!({
            "schema": 2, "tool": "testprog 0.1.0", "target": { "triple": triple, "build": "debug" },
            "started": "2026-01-02T03:04:05.678Z", "wall_ms": 12.5, "seed": null, "shard": null,
            "counts": { "registered": cases.len() }, "cases": cases,
        })
    }

    pub(crate) fn source(file: &str, document: &Value) -> Source {
        let (matrix, is_unnamed) = parse(document.to_string().as_bytes(), file).unwrap();
        Source { file: file.to_owned(), matrix, is_unnamed }
    }

    #[test]
    fn a_run_is_a_matrix_of_one_row() {
        let mut run = run("t", &[("a", "pass")]);
        assert_eq!(source("stem", &run).matrix.rows[0].name, "t");
        run["target"]["triple"] = Value::Null;
        assert_eq!(source("stem", &run).matrix.rows[0].name, "stem");
        run["name"] = "mine".into();
        let named = source("stem", &run);
        assert!(named.matrix.rows[0].name == "mine" && !named.is_unnamed);
        let again = serde_json::to_value(&named.matrix).unwrap();
        let again = source("stem", &again);
        assert!(again.matrix.rows[0].name == "mine" && !again.is_unnamed);
    }

    #[test]
    fn what_is_no_report_is_refused_in_one_line() {
        let run = run("t", &[("a", "pass"), ("b", "pass")]);
        let broken = |change: &dyn Fn(&mut Value)| {
            let mut run = run.clone();
            change(&mut run);
            parse(run.to_string().as_bytes(), "stem").unwrap_err()
        };
        let matrix = |rows: Value| {
            broken(&|run| {
                *run = serde_json::json!({ "schema": 2, "kind": "matrix", "tool": "", "started": "", "rows": rows });
            })
        };
        let row = |name: &str, state: &str| serde_json::json!({ "name": name, "state": state, "reason": null, "report": null });
        for (error, cause) in [
            (parse(b"", "").unwrap_err(), "the content is not a report: EOF while parsing"),
            (parse(b"[1]", "").unwrap_err(), "the content is not a report: "),
            (parse(b"{}", "").unwrap_err(), "the field `schema` is missing"),
            (
                broken(&|run| run["schema"] = 3.into()),
                "schema 3, but this command reads schemas 1 and 2",
            ),
            (broken(&|run| run["schema"] = "x".repeat(500).into()), "xxx…, but this command reads"),
            (broken(&|run| run["kind"] = "other".into()), "kind \"other\", but this command reads"),
            (broken(&|run| run["cases"][0]["name"] = 1.into()), "invalid type: integer `1`"),
            (broken(&|run| run["cases"][0]["name"] = "b".into()), "row `t` has the case `b` twice"),
            (broken(&|run| run["cases"] = Value::Null), "invalid type: null"),
            (
                broken(&|run| run["shard"] = serde_json::json!({ "index": 3, "total": 2 })),
                "not in 1 to 2",
            ),
            (
                matrix(serde_json::json!([row("a", "not_run"), row("a", "failed")])),
                "the row `a` twice",
            ),
            (matrix(serde_json::json!([row("a", "ran")])), "row `a` ran but has no report"),
        ] {
            assert!(error.contains(cause), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
