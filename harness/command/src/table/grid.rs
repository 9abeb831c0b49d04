//! A matrix as a grid: a line for each scenario, and a column for each row of the matrix.

use std::collections::{BTreeMap, BTreeSet};

use super::matrix::{Matrix, Row};
use crate::document::{CaseField, EndField, VerdictField};

/// The results of all scenarios in all rows of a matrix.
#[derive(Debug)]
pub(super) struct Grid<'a> {
    pub(super) rows: &'a [Row],
    /// Scenarios in the order in which the reports list them.
    pub(super) lines: Vec<Line<'a>>,
}

/// One scenario's results.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    /// Result in each matrix row; `None` if the row has no such case.
    pub(super) cells: Vec<Option<&'a CaseField>>,
    /// Groups of matrix rows in which the scenario ended in the same way, the largest group first.
    pub(super) ends: Vec<Group>,
    /// For each matrix row, whether the row is in another group of `ends` than the first, largest
    /// group.
    deviates: Vec<bool>,
}

/// Rows in which a scenario ended in the same way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Verdict and outcome of the scenario in all matrix rows of the group.
    pub(super) end: String,
    /// Indexes of the matrix's rows in this group.
    pub(super) rows: Vec<usize>,
}

/// Rating of a cell, which decides its color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    /// The case did not run because the target lacks what the scenario needs, and the run accepted
    /// this skip.
    Neutral,
    Good,
    /// The case was accepted but did not pass: its bug is known, or only a retry passed.
    Open,
    /// The case could not be judged.
    Unclear,
    /// The case was not accepted.
    Bad,
}

impl<'a> Grid<'a> {
    pub(super) fn new(matrix: &'a Matrix) -> Self {
        let rows = &matrix.rows;
        let mut lines: Vec<(&str, Vec<Option<&CaseField>>)> = Vec::new();
        let mut places = BTreeMap::new();
        for (column, row) in rows.iter().enumerate() {
            for case in row.cases() {
                let place = *places.entry(&*case.name).or_insert_with(|| {
                    lines.push((&case.name, vec![None; rows.len()]));
                    lines.len() - 1
                });
                lines[place].1[column] = Some(case);
            }
        }
        let line = |(name, cells): (_, Vec<_>)| {
            let ends = groups(&cells);
            let mut deviates = vec![false; cells.len()];
            for group in ends.iter().skip(1) {
                group.rows.iter().for_each(|row| deviates[*row] = true);
            }
            Line { name, cells, ends, deviates }
        };
        Self { rows, lines: lines.into_iter().map(line).collect() }
    }

    /// Returns each reason for which cases are unsupported, with the indexes of the matrix rows.
    pub(super) fn skips(&self) -> BTreeMap<&'a str, Vec<usize>> {
        let mut skips: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (index, row) in self.rows.iter().enumerate() {
            for case in row.cases().iter().filter(|case| case.verdict == VerdictField::Unsupported)
            {
                let rows = skips.entry(&*case.reason).or_default();
                if rows.last() != Some(&index) {
                    rows.push(index);
                }
            }
        }
        skips
    }

    /// Returns the topics of all scenarios, in alphabetical order.
    pub(super) fn topics(&self) -> BTreeSet<&'a str> {
        self.lines.iter().filter_map(Line::topic).collect()
    }

    /// Returns the number of cases with each verdict.
    pub(super) fn counts(&self) -> Vec<(VerdictField, usize)> {
        let cells = self.lines.iter().flat_map(|line| line.cells.iter().flatten());
        count(cells.copied())
    }
}

impl<'a> Line<'a> {
    /// Returns the topic of the scenario, if some matrix row reports a topic.
    pub(super) fn topic(&self) -> Option<&'a str> {
        self.cells.iter().flatten().find_map(|case| case.topic.as_deref())
    }

    /// Returns whether the scenario ended differently in some of the matrix rows where it was
    /// judged.
    pub(super) fn differs(&self) -> bool {
        self.ends.len() > 1
    }

    /// Returns whether the scenario ended in this matrix row differently than in the largest group
    /// of rows.
    pub(super) fn deviates(&self, row: usize) -> bool {
        self.deviates[row]
    }
}

/// Returns the number of cases with each verdict that occurs, in the order of
/// [`VerdictField::ALL`].
pub(super) fn count<'a>(cases: impl Iterator<Item = &'a CaseField>) -> Vec<(VerdictField, usize)> {
    let mut counts: BTreeMap<VerdictField, usize> = BTreeMap::new();
    cases.for_each(|case| *counts.entry(case.verdict.clone()).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    let place =
        |verdict: &VerdictField| VerdictField::ALL.iter().position(|known| known == verdict);
    counts.sort_by_key(|(verdict, _)| place(verdict).unwrap_or(usize::MAX));
    counts
}

/// Returns counts of verdicts in words, such as `3 passed, 1 failed`.
pub(super) fn in_words(counts: &[(VerdictField, usize)]) -> String {
    let words = counts.iter().map(|(verdict, count)| format!("{count} {}", spoken(verdict)));
    words.collect::<Vec<_>>().join(", ")
}

fn spoken(verdict: &VerdictField) -> String {
    match verdict {
        VerdictField::Pass => "passed".to_owned(),
        VerdictField::Fail => "failed".to_owned(),
        VerdictField::Leak => "leaked".to_owned(),
        VerdictField::Xpass => "passed unexpectedly (XPASS)".to_owned(),
        VerdictField::Xfail => "failed because of a known bug (XFAIL)".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

/// Returns whether the case ran and got a verdict about its behavior.
pub(super) fn judged(case: &CaseField) -> bool {
    use VerdictField::{NotRun, Unresolved, Unsupported};
    !matches!(case.verdict, Unsupported | Unresolved | NotRun)
}

/// Returns how the child ended in a word or two: the alternative's name, the status or the signal.
pub(super) fn outcome(case: &CaseField) -> String {
    if !judged(case) {
        return String::new();
    }
    let end = match (&case.last.alternative, &case.last.end) {
        (Some(alternative), _) => alternative.clone(),
        (None, Some(EndField::Exited { status })) => format!("status {status}"),
        (None, Some(EndField::Signaled { signal, .. })) => signal.clone(),
        (None, Some(EndField::TimedOut)) => "deadline".to_owned(),
        (None, Some(EndField::Other(end))) => {
            end.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned()
        }
        (None, None) => String::new(),
    };
    let leak = if case.last.leaked { ", leaked" } else { "" };
    end + leak
}

pub(super) fn tone(case: &CaseField) -> Tone {
    match (&case.verdict, case.accepted) {
        (VerdictField::Pass, true) => Tone::Good,
        (VerdictField::Unsupported | VerdictField::NotRun, true) => Tone::Neutral,
        (_, true) => Tone::Open,
        (VerdictField::Unresolved, false) => Tone::Unclear,
        (_, false) => Tone::Bad,
    }
}

/// Groups the rows of the matrix that judged the scenario, by how the scenario ended.
fn groups(cells: &[Option<&CaseField>]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (row, case) in cells.iter().enumerate() {
        let Some(case) = case.filter(|case| judged(case)) else { continue };
        let end = match outcome(case) {
            empty if empty.is_empty() => case.verdict.to_string(),
            outcome => format!("{} ({outcome})", case.verdict),
        };
        match groups.iter_mut().find(|group| group.end == end) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { end, rows: vec![row] }),
        }
    }
    // The sort is stable, so of two groups of the same size, the group with the earlier matrix row
    // comes first.
    groups.sort_by_key(|group| std::cmp::Reverse(group.rows.len()));
    groups
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::join::join;
    use super::super::read::tests::{run, source};
    use super::*;

    #[test]
    fn targets_are_grouped_by_how_a_scenario_ended() {
        let mut runs = Vec::new();
        for (target, verdict, end) in [
            ("a", "pass", json!({ "kind": "signaled", "signal": "SIGBUS", "core": false })),
            ("b", "pass", json!({ "kind": "signaled", "signal": "SIGSEGV", "core": false })),
            ("c", "unsupported", json!({ "kind": "exited", "status": 0 })),
            ("d", "pass", json!({ "kind": "signaled", "signal": "SIGSEGV", "core": true })),
            ("e", "fail", json!({ "kind": "timed_out" })),
        ] {
            let mut run = run(target, &[("x", verdict), (&format!("only_{target}"), "pass")]);
            run["cases"][0]["end"] = end;
            runs.push(source(target, &run));
        }
        let matrix = join(runs).unwrap();
        let grid = Grid::new(&matrix);
        let line = &grid.lines[0];
        let group = |end: &str, rows: &[usize]| Group { end: end.to_owned(), rows: rows.to_vec() };
        assert_eq!(
            line.ends,
            [
                group("PASS (SIGSEGV)", &[1, 3]),
                group("PASS (SIGBUS)", &[0]),
                group("FAIL (deadline)", &[4])
            ]
        );
        let deviating: Vec<_> = (0..5).filter(|row| line.deviates(*row)).collect();
        assert_eq!((line.differs(), deviating), (true, vec![0, 4]));
        assert_eq!((grid.lines.len(), grid.lines[2].name), (6, "only_b"));
        assert!(!grid.lines[2].differs() && grid.lines[2].cells[0].is_none());
        assert_eq!(in_words(&grid.counts()), "8 passed, 1 failed, 1 unsupported");
    }
}
