//! Compares two reports: finds which cases, matrix rows and capabilities changed, and which changes
//! are for the worse.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::capabilities::{Found, probed};
use super::grid::{judged, outcome};
use super::matrix::{Matrix, Row, State};
use crate::document::{CaseField, VerdictField};

/// Kind of a change, with the worst kind first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeKind {
    /// A case no longer passes or is no longer accepted, a matrix row ran fewer cases or is gone,
    /// or a capability is gone.
    Worse,
    /// A case passes, a matrix row runs, or a capability is present, unlike in the earlier report.
    Fixed,
    /// A case is in the earlier report only.
    Gone,
    /// A case, matrix row or capability is in the later report only.
    New,
    /// A verdict, an end or a state differs, which is neither better nor worse.
    Changed,
}

/// Change of a case, or of a matrix row as a whole.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Change {
    pub(crate) kind: ChangeKind,
    /// Name of the matrix row in the later report, or in the earlier report if the row is gone.
    pub(crate) row: String,
    /// Name of the case, or `None` if the matrix row as a whole changed.
    pub(crate) case: Option<String>,
    pub(crate) old: Option<Side>,
    pub(crate) new: Option<Side>,
    /// Description of the change in words.
    pub(crate) what: String,
}

/// Result of a case in one of the two compared reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Side {
    verdict: VerdictField,
    /// How the case ended: the name of an alternative, a status, or a signal. See [`outcome`].
    outcome: String,
    reason: String,
}

impl ChangeKind {
    pub(crate) const ALL: &'static [Self] =
        &[Self::Worse, Self::Fixed, Self::Gone, Self::New, Self::Changed];
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Worse => "worse",
            Self::Fixed => "fixed",
            Self::Gone => "gone",
            Self::New => "new",
            Self::Changed => "changed",
        })
    }
}

impl Side {
    fn new(case: &CaseField) -> Self {
        Self { verdict: case.verdict.clone(), outcome: outcome(case), reason: case.reason.clone() }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verdict, outcome, reason } = self;
        match (&**outcome, &**reason) {
            ("", "") => write!(f, "{verdict}"),
            (outcome, "") => write!(f, "{verdict} ({outcome})"),
            // The reason already contains the outcome, so the outcome is not repeated.
            (_, reason) => write!(f, "{verdict} ({reason})"),
        }
    }
}

/// Returns the changes from `old` to `new`, with the worst changes first.
///
/// Rows of the two reports are matched by name. If each report has only one matrix row, the two
/// rows are compared whatever their names.
pub(crate) fn changes(old: &Matrix, new: &Matrix) -> Vec<Change> {
    let mut changes = Vec::new();
    let only = |matrix: &Matrix| matrix.rows.len() == 1;
    let alone = only(old) && only(new);
    let in_old = |row: &Row| old.rows.iter().find(|other| alone || other.name == row.name);
    for row in &new.rows {
        match in_old(row) {
            None => changes.push(of_row(ChangeKind::New, row, state(row))),
            Some(before) => of_rows(before, row, &mut changes),
        }
    }
    for row in &old.rows {
        if !alone && !new.rows.iter().any(|other| other.name == row.name) {
            let what = format!("gone; before: {}", state(row));
            changes.push(of_row(ChangeKind::Worse, row, what));
        }
    }
    changes.sort_by_key(|change| change.kind);
    changes
}

/// Returns whether any change is for the worse, in which case the command fails.
pub(crate) fn got_worse(changes: &[Change]) -> bool {
    changes.iter().any(|change| change.kind == ChangeKind::Worse)
}

fn of_row(kind: ChangeKind, row: &Row, what: String) -> Change {
    Change { kind, row: row.name.clone(), case: None, old: None, new: None, what }
}

/// Returns the text `1 case` or `N cases`.
fn cases(count: usize) -> String {
    let noun = if count == 1 { "case" } else { "cases" };
    format!("{count} {noun}")
}

/// Returns the state of a matrix row in words.
fn state(row: &Row) -> String {
    match row.state {
        State::Ran => format!("ran {}", cases(row.cases().len())),
        State::NotRun | State::Failed => row.state_in_words(),
    }
}

fn of_rows(old: &Row, new: &Row, changes: &mut Vec<Change>) {
    let place = |state| match state {
        State::Ran => 0,
        State::NotRun => 1,
        State::Failed => 2,
    };
    if old.state != State::Ran || new.state != State::Ran {
        let kind = match place(old.state).cmp(&place(new.state)) {
            std::cmp::Ordering::Less => ChangeKind::Worse,
            std::cmp::Ordering::Equal => return,
            std::cmp::Ordering::Greater if new.state == State::Ran => ChangeKind::Fixed,
            std::cmp::Ordering::Greater => ChangeKind::Changed,
        };
        let what = format!("{}; before: {}", state(new), state(old));
        changes.push(of_row(kind, new, what));
        return;
    }
    let fewer: Vec<_> = sizes(old)
        .into_iter()
        .zip(sizes(new))
        .filter(|((_, before), (_, now))| now < before)
        .map(|((what, before), (_, now))| {
            format!("{} {what}, {before} in the earlier report", cases(now))
        })
        .collect();
    if !fewer.is_empty() {
        changes.push(of_row(ChangeKind::Worse, new, fewer.join("; ")));
    }
    of_capabilities(old, new, changes);
    let by_name = |row| -> BTreeMap<_, _> {
        Row::cases(row).iter().map(|case| (&*case.name, case)).collect()
    };
    let (before, now) = (by_name(old), by_name(new));
    for case in new.cases() {
        changes.extend(of_case(new, before.get(&*case.name).copied(), Some(case)));
    }
    for case in old.cases().iter().filter(|case| !now.contains_key(&*case.name)) {
        changes.extend(of_case(new, Some(case), None));
    }
}

/// Adds the changes of probed capabilities, if both reports have probes.
fn of_capabilities(old: &Row, new: &Row, changes: &mut Vec<Change>) {
    let (old, mut now) = (probed(old), probed(new));
    if old.is_empty() || now.is_empty() {
        return;
    }
    let words = |Found { state, reason, .. }: &Found| match &**reason {
        "" => state.clone(),
        reason => format!("{state} ({reason})"),
    };
    let mut change =
        |kind, what: String| changes.push(of_row(kind, new, format!("capability {what}")));
    for (name, before) in old {
        let (kind, words_now) = match now.remove(&name) {
            // A capability that is no longer probed is worse, since its loss would go unnoticed.
            None => (ChangeKind::Worse, "not probed".to_owned()),
            // If the capability's state is the same, another size or another path in an error is
            // not a change.
            Some(found) if found.state == before.state => continue,
            Some(found) => {
                let kind = match (before.is_there, found.is_there) {
                    (true, _) => ChangeKind::Worse,
                    (false, true) => ChangeKind::Fixed,
                    (false, false) => ChangeKind::Changed,
                };
                (kind, words(&found))
            }
        };
        change(kind, format!("{name}: {words_now}; before: {}", words(&before)));
    }
    for (name, found) in now {
        change(ChangeKind::New, format!("{name}: {}", words(&found)));
    }
}

/// Returns how many cases of a matrix row are registered, ran, and were judged.
///
/// Fewer cases are a change for the worse, because a suite can stop running without any failure:
/// <https://github.com/rust-lang/libc/issues/4149>.
fn sizes(row: &Row) -> [(&'static str, usize); 3] {
    let counts = row.report.as_ref().map(|report| &report.counts);
    let registered = counts.and_then(|counts| counts.get("registered").copied());
    let cases = row.cases();
    [
        ("registered", registered.unwrap_or_default()),
        ("ran", cases.iter().filter(|case| case.runs > 0).count()),
        ("judged", cases.iter().filter(|case| judged(case)).count()),
    ]
}

fn of_case(row: &Row, old: Option<&CaseField>, new: Option<&CaseField>) -> Option<Change> {
    let name = new.or(old)?.name.clone();
    let kind = match (old, new) {
        (None, _) => ChangeKind::New,
        (_, None) => ChangeKind::Gone,
        (Some(old), Some(new)) => {
            let (before, now) = (Standing::of(old), Standing::of(new));
            if now > before {
                ChangeKind::Worse
            } else if now < before && now == Standing::Holds {
                ChangeKind::Fixed
            } else if old.verdict != new.verdict || outcome(old) != outcome(new) {
                ChangeKind::Changed
            } else {
                return None;
            }
        }
    };
    let (old, new) = (old.map(Side::new), new.map(Side::new));
    let what = match (&old, &new) {
        (Some(old), Some(new)) => format!("{new}; before: {old}"),
        (Some(side), None) => format!("before: {side}"),
        (None, Some(side)) => side.to_string(),
        (None, None) => String::new(),
    };
    Some(Change { kind, row: row.name.clone(), case: Some(name), old, new, what })
}

/// Rating of a case for the comparison of two reports, with the worst rating last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Holds,
    /// The case neither passed nor failed: it was skipped, did not run, or has a known bug.
    Open,
    Refused,
}

impl Standing {
    fn of(case: &CaseField) -> Self {
        match (&case.verdict, case.accepted) {
            (VerdictField::Pass, true) => Self::Holds,
            // A stale or XPASS case passes, and only its gate or its recorded bug is out of date.
            (VerdictField::Stale | VerdictField::Xpass, _) | (_, true) => Self::Open,
            (_, false) => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::read::tests::{run, source};
    use super::*;

    fn told(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let (old, new) = (source("old", &run("t", old)), source("new", &run("u", new)));
        changes(&old.matrix, &new.matrix)
            .iter()
            .map(|change| {
                let case = change.case.as_deref().unwrap_or("-");
                format!("{} {case} {}", change.kind, change.what)
            })
            .collect()
    }

    fn one(old: &str, new: &str) -> String {
        told(&[("a", old)], &[("a", new)])
            .into_iter()
            .find_map(|line| line.split_once(" a ").map(|(kind, _)| kind.to_owned()))
            .unwrap_or_default()
    }

    #[test]
    fn whatever_a_pass_becomes_is_worse() {
        for verdict in VerdictField::ALL.iter().filter(|verdict| **verdict != VerdictField::Pass) {
            assert_eq!(one("pass", verdict.id()), "worse", "{verdict}");
            assert_eq!(one(verdict.id(), "pass"), "fixed", "{verdict}");
        }
        assert_eq!(one("pass", "pass"), "");
    }

    #[test]
    fn what_did_not_hold_can_get_worse_or_become_another() {
        for (old, new, change) in [
            ("unsupported", "fail", "worse"),
            ("xfail", "fail", "worse"),
            ("xpass", "fail", "worse"),
            ("fail", "unsupported", "changed"),
            ("fail", "xfail", "changed"),
            ("xfail", "xpass", "changed"),
            ("fail", "leak", "changed"),
            ("fail", "fail", ""),
            ("fail", "later", "changed"),
        ] {
            assert_eq!(one(old, new), change, "{old} {new}");
        }
    }

    #[test]
    fn another_way_to_end_is_told_though_both_are_right() {
        let (old, mut new) = (run("t", &[("a", "pass")]), run("t", &[("a", "pass")]));
        new["cases"][0]["alternative"] = "fast-fail".into();
        let changes = changes(&source("o", &old).matrix, &source("n", &new).matrix);
        assert_eq!(changes[0].kind, ChangeKind::Changed);
        assert_eq!(changes[0].what, "PASS (fast-fail); before: PASS (status 0)");
    }

    #[test]
    fn fewer_cases_are_worse_and_a_new_name_for_one_is_not() {
        let (a, b, c) = (("a", "pass"), ("b", "pass"), ("c", "pass"));
        assert_eq!(
            told(&[a, b], &[a]),
            [
                "worse - 1 case registered, 2 in the earlier report; 1 case ran, 2 in the earlier report; 1 case judged, 2 in the earlier report",
                "gone b before: PASS (status 0)",
            ]
        );
        assert_eq!(
            told(&[a, b], &[a, c]),
            ["gone b before: PASS (status 0)", "new c PASS (status 0)"]
        );
    }

    #[test]
    fn rows_come_and_go() {
        let matrix = |rows: serde_json::Value| {
            source(
                "m",
                &json!({ "schema": 2, "kind": "matrix", "tool": "", "started": "", "rows": rows }),
            )
            .matrix
        };
        let row = |name: &str, state: &str| {
            let report = if state == "ran" { run(name, &[("a", "pass")]) } else { json!(null) };
            json!({ "name": name, "state": state, "reason": null, "report": report })
        };
        let old =
            json!([row("a", "ran"), row("b", "ran"), row("c", "not_run"), row("d", "failed")]);
        let new =
            json!([row("b", "not_run"), row("c", "ran"), row("d", "not_run"), row("e", "ran")]);
        let told: Vec<_> = changes(&matrix(old), &matrix(new))
            .into_iter()
            .map(|change| format!("{} {} {}", change.kind, change.row, change.what))
            .collect();
        assert_eq!(
            told,
            [
                "worse b not run; before: ran 1 case",
                "worse a gone; before: ran 1 case",
                "fixed c ran 1 case; before: not run",
                "new e ran 1 case",
                "changed d not run; before: failed",
            ]
        );
    }
}
