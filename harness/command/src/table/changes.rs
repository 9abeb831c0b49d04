//! Compares two reports: finds which cases, matrix rows and capabilities changed, and which changes
//! are for the worse.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::capabilities::{Found, probed};
use super::grid::{judged, outcome};
use super::matrix::{Matrix, Row, State};
use crate::document::{CaseField, VALUES, VerdictField};

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
    /// Name of the case, or `None` if the change concerns no single case.
    pub(crate) case: Option<String>,
    /// Name of the capability, or `None` if the change concerns no capability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) capability: Option<String>,
    /// Name of the changed capability that explains this change, in the same matrix row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
    pub(crate) old: Option<Side>,
    pub(crate) new: Option<Side>,
    /// Description of the change in words.
    pub(crate) what: String,
}

/// Line of a report about one root cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) kind: ChangeKind,
    /// Name of the matrix row.
    pub(crate) row: String,
    /// Name of the case, or `None` if the line concerns no single case.
    pub(crate) case: Option<String>,
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
    let row = row.name.clone();
    Change { kind, row, case: None, capability: None, cause: None, old: None, new: None, what }
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
    let first = changes.len();
    of_capabilities(old, new, changes);
    of_values(old, new, changes);
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
    let gates = |row| -> BTreeMap<_, _> {
        Row::cases(row).iter().filter_map(|case| Some((&*case.name, need(case)?))).collect()
    };
    add_causes(&gates(old), &gates(new), &mut changes[first..]);
    // A case that is skipped because of a capability is not judged, which the capability explains.
    let explained = changes[first..]
        .iter()
        .filter(|it| it.cause.is_some() && it.case.is_some() && it.kind == ChangeKind::Worse);
    let explained = explained.count();
    let fewer: Vec<_> = sizes(old)
        .into_iter()
        .zip(sizes(new))
        .filter(|((what, before), (_, now))| {
            let explained = if *what == "registered" { 0 } else { explained };
            now + explained < *before
        })
        .map(|((what, before), (_, now))| {
            format!("{} {what}, {before} in the earlier report", cases(now))
        })
        .collect();
    if !fewer.is_empty() {
        changes.insert(first, of_row(ChangeKind::Worse, new, fewer.join("; ")));
    }
}

/// Returns the capability because of which a case was skipped.
fn need(case: &CaseField) -> Option<&str> {
    let gate = case.gate.as_deref().filter(|_| case.verdict == VerdictField::Unsupported)?;
    case.needs.iter().map(String::as_str).find(|need| {
        gate.strip_prefix(*need).is_some_and(|rest| rest.is_empty() || rest.starts_with(": "))
    })
}

/// Sets the causes of the changes of one row: the changed capability because of which a case is
/// skipped in the later or in the earlier report, and the changed helper of a capability.
///
/// A change has a cause only if the cause changed in the same direction, to the better or to the
/// worse. For example, the change of a case has no cause if the case fails as soon as its
/// capability is present. For each skipped case, `old` and `new` contain the capability because of
/// which the case was skipped.
fn add_causes(old: &BTreeMap<&str, &str>, new: &BTreeMap<&str, &str>, changes: &mut [Change]) {
    let of_capability = |it: &Change| Some((it.capability.clone()?, it.kind));
    let causes: Vec<_> = changes.iter().filter_map(of_capability).collect();
    for change in changes {
        let cause = match (&change.case, &change.capability) {
            (Some(case), _) => new.get(&**case).or_else(|| old.get(&**case)).copied(),
            // The module `port::subject` writes the reasons that contain the helper.
            (None, Some(_)) => helper(&change.what),
            (None, None) => None,
        };
        let cause = cause.map(|cause| (cause.to_owned(), change.kind));
        change.cause = cause.filter(|cause| causes.contains(cause)).map(|(cause, _)| cause);
    }
}

/// Returns the helper in a text such as `not asked (needs thread, which runs wrong)`.
fn helper(what: &str) -> Option<&str> {
    let (_, rest) = what.split_once("not asked (needs ")?;
    rest.split_once(", which ").map(|(helper, _)| helper)
}

/// Returns the changes as lines of a report, one for each root cause. A line contains capabilities
/// that changed alike, and the cases and capabilities that changed because of them.
pub(crate) fn lines(changes: &[Change]) -> Vec<Line> {
    let words = |change: &Change| {
        let capability = change.capability.as_ref()?;
        let rest = change.what.strip_prefix(&format!("capability {capability}: "))?;
        Some((change.kind, change.row.clone(), rest.to_owned()))
    };
    let mut lines: Vec<Line> = Vec::new();
    let mut capabilities: Vec<(usize, Vec<&str>, _)> = Vec::new();
    for change in changes.iter().filter(|change| change.cause.is_none()) {
        if let (Some(capability), Some(words)) = (&change.capability, words(change)) {
            if let Some((_, alike, _)) = capabilities.iter_mut().find(|(_, _, it)| *it == words) {
                alike.push(capability);
                continue;
            }
            capabilities.push((lines.len(), vec![capability], words));
        }
        let Change { kind, row, case, what, .. } = change.clone();
        lines.push(Line { kind, row, case, what });
    }
    for (index, alike, (_, row, words)) in capabilities {
        let line = &mut lines[index];
        if alike.len() > 1 {
            line.what = format!("capabilities {}: {words}", alike.join(", "));
        }
        let because = |change: &&Change| {
            change.row == row && change.cause.as_deref().is_some_and(|it| alike.contains(&it))
        };
        let because = || changes.iter().filter(because);
        let of_cases: Vec<_> = because().filter_map(|it| it.case.as_deref()).collect();
        let of_others: Vec<_> = because().filter_map(|it| it.capability.as_deref()).collect();
        for (noun, names) in [("case", of_cases), ("capability", of_others)] {
            let nouns = match (noun, names.len()) {
                (_, 0) => continue,
                (noun, 1) => noun.to_owned(),
                ("case", _) => "cases".to_owned(),
                _ => "capabilities".to_owned(),
            };
            let (count, names) = (names.len(), names.join(", "));
            line.what += &*format!("; because of this, {count} {nouns}: {names}");
        }
    }
    lines
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
    let mut change = |kind, name: String, what: String| {
        let what = format!("capability {name}: {what}");
        changes.push(Change { capability: Some(name), ..of_row(kind, new, what) });
    };
    for (name, before) in old {
        let (kind, words_now) = match now.remove(&name) {
            // A capability that is no longer probed is worse, since its loss would go unnoticed.
            None => (ChangeKind::Worse, "not probed".to_owned()),
            Some(found) if found.state == before.state => {
                if essence(&found.reason) == essence(&before.reason) {
                    continue;
                }
                (ChangeKind::Changed, words(&found))
            }
            Some(found) => {
                let kind = match (before.is_there, found.is_there) {
                    (true, _) => ChangeKind::Worse,
                    (false, true) => ChangeKind::Fixed,
                    (false, false) => ChangeKind::Changed,
                };
                (kind, words(&found))
            }
        };
        change(kind, name, format!("{words_now}; before: {}", words(&before)));
    }
    for (name, found) in now {
        let what = words(&found);
        change(ChangeKind::New, name, what);
    }
}

/// Returns the part of a capability's reason or value whose change matters: an error without the
/// place in the source, which each version of the probe changes, and an unstable probe without the
/// number of runs.
fn essence(reason: &str) -> &str {
    if reason.starts_with("unstable: ") {
        return "unstable";
    }
    reason.split_once("error: ").map_or(reason, |(_, error)| error)
}

/// Adds the changes of measured values, if both reports have values.
fn of_values(old: &Row, new: &Row, changes: &mut Vec<Change>) {
    let values = |row: &Row| -> BTreeMap<String, Option<u64>> {
        let values = row.report.as_ref().and_then(|report| report.added.get(VALUES));
        // Values that cannot be read are from a later version of the command, and are ignored.
        values.and_then(|values| Deserialize::deserialize(values).ok()).unwrap_or_default()
    };
    let (old, now) = (values(old), values(new));
    let word = |value: Option<u64>| value.map_or_else(|| "none".to_owned(), |it| it.to_string());
    for (name, value) in now.into_iter().filter(|_| !old.is_empty()) {
        match old.get(&name) {
            Some(before) if *before == value => {}
            Some(before) => {
                let what = format!("value {name}: {}; before: {}", word(value), word(*before));
                changes.push(of_row(ChangeKind::Changed, new, what));
            }
            None => {
                let what = format!("value {name}: {}", word(value));
                changes.push(of_row(ChangeKind::New, new, what));
            }
        }
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
    let row = row.name.clone();
    Some(Change { kind, row, case: Some(name), capability: None, cause: None, old, new, what })
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
    fn one_line_names_what_a_capability_explains() {
        let probe = |name: &str, state: &str, reason: &str| json!({ "name": name, "state": state, "reason": reason });
        let gated = |case: &mut serde_json::Value, need: &str| {
            case["needs"] = json!([need]);
            case["gate"] = format!("{need}: does not link (undefined: x)").into();
        };
        let old_cases = [("a", "pass"), ("b", "pass"), ("c", "pass"), ("d", "pass")];
        let mut old = run("t", &old_cases);
        let new_cases =
            [("a", "unsupported"), ("b", "unsupported"), ("c", "unsupported"), ("d", "fail")];
        let mut new = run("t", &new_cases);
        gated(&mut new["cases"][0], "thread");
        gated(&mut new["cases"][1], "thread");
        gated(&mut new["cases"][2], "ucontext-mask");
        let names = ["clock", "thread", "thread-key", "ucontext", "ucontext-mask"];
        old["probes"] = names.map(|name| probe(name, "present", "")).as_slice().into();
        new["probes"] = json!([
            probe("clock", "present", ""),
            probe("thread", "does_not_link", "undefined: y"),
            probe("thread-key", "not_asked", "needs thread, which does not link"),
            probe("ucontext", "does_not_link", "undefined: x"),
            probe("ucontext-mask", "does_not_link", "undefined: x"),
        ]);
        let told = |old: &serde_json::Value, new: &serde_json::Value| {
            let changes = changes(&source("old", old).matrix, &source("new", new).matrix);
            let lines = lines(&changes).into_iter();
            lines
                .map(|it| format!("{} {} {}", it.kind, it.case.unwrap_or_default(), it.what))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            told(&old, &new),
            [
                "worse  capability thread: does not link (undefined: y); before: present; because of this, 2 cases: a, b; because of this, 1 capability: thread-key",
                "worse  capabilities ucontext, ucontext-mask: does not link (undefined: x); before: present; because of this, 1 case: c",
                "worse d FAIL (status 1); before: PASS (status 0)",
            ]
        );
        assert_eq!(
            told(&new, &old),
            [
                "fixed  capability thread: present; before: does not link (undefined: y); because of this, 2 cases: a, b; because of this, 1 capability: thread-key",
                "fixed  capabilities ucontext, ucontext-mask: present; before: does not link (undefined: x); because of this, 1 case: c",
                "fixed d PASS (status 0); before: FAIL (status 1)",
            ]
        );
        // The case has no cause, because the case fails as soon as its capability is present.
        old["cases"][0]["verdict"] = "fail".into();
        old["cases"][0]["accepted"] = false.into();
        assert_eq!(
            told(&new, &old)[0],
            "worse a FAIL (status 0); before: UNSUPPORTED",
            "{:#?}",
            told(&new, &old)
        );
    }

    #[test]
    fn another_value_and_another_reason_are_changes() {
        let of = |size: u64, state: &str, reason: &str, value: &str| {
            let mut run = run("t", &[("a", "pass")]);
            run["probes"] =
                json!([{ "name": "p", "state": state, "reason": reason, "value": value }]);
            run["values"] = json!({ "sizeof(jmp_buf)": size, "NSIG": null });
            run
        };
        let told = |old: serde_json::Value, new: serde_json::Value| {
            let changes = changes(&source("old", &old).matrix, &source("new", &new).matrix);
            changes.iter().map(|it| format!("{} {}", it.kind, it.what)).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(told(of(8, "present", "", "2 KiB"), of(8, "present", "", "2 KiB")), none);
        assert_eq!(
            told(of(8, "present", "", "2 KiB"), of(16, "present", "", "4 KiB")),
            [
                "changed capability p: present (4 KiB); before: present (2 KiB)",
                "changed value sizeof(jmp_buf): 16; before: 8",
            ]
        );
        assert_eq!(
            told(of(8, "runs_wrong", "check failed: a", ""), of(8, "runs_wrong", "died", "")),
            ["changed capability p: runs wrong (died); before: runs wrong (check failed: a)"]
        );
        for (old, new) in [
            ("p.c:1:2: error: no x", "p.c:3:4: error: no x"),
            ("unstable: held in 4 of 5 runs; died", "unstable: held in 1 of 5 runs; died"),
        ] {
            assert_eq!(told(of(8, "not_declared", old, ""), of(8, "not_declared", new, "")), none);
        }
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
