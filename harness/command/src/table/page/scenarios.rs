//! The table of scenarios, its filters, and the details of its cells.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::board::{Board, Group, Line, Mark, Run, Section};
use super::columns::Column;
use super::details::{self, Body};
use super::shared::{change_class, linked, text, word};
use crate::document::{CaseField, VerdictField};
use crate::table::changes::{Change, ChangeKind};
use crate::table::grid::{self, Grid, Tone};

/// The changes since the baseline by matrix row and case; `None` without a baseline.
#[derive(Debug)]
pub(super) struct Changes<'a>(Option<BTreeMap<(&'a str, Option<&'a str>), &'a Change>>);

impl<'a> Changes<'a> {
    pub(super) fn new(changes: Option<&'a [Change]>) -> Self {
        let key = |change: &'a Change| ((&*change.row, change.case.as_deref()), change);
        Self(changes.map(|changes| changes.iter().map(key).collect()))
    }

    /// Returns the change of a case, or of a whole matrix row if `case` is `None`.
    fn of(&self, row: &str, case: Option<&str>) -> Option<&'a Change> {
        self.0.as_ref()?.get(&(row, case)).copied()
    }

    /// Returns what changed for a case since the baseline; `None` without a baseline.
    fn history(&self, row: &str, case: &str) -> Option<Markup> {
        self.0.as_ref()?;
        let is_new = self.of(row, None).is_some_and(|change| change.kind == ChangeKind::New);
        Some(match self.of(row, Some(case)) {
            Some(change) => html! {
                span.badge.(change_class(change.kind)) { (change.kind) } " " (linked(&change.what))
            },
            None if is_new => html! { "the target is new" },
            None => html! { "not changed" },
        })
    }
}

/// Returns the board of scenarios. The board's sections are the scenarios that need attention, the
/// scenarios that differ between targets, and the scenarios that ended alike on all targets.
pub(super) fn board<'a>(
    grid: &Grid<'a>,
    columns: &[Column<'_>],
    changes: &Changes<'_>,
) -> Board<'a> {
    let mut sections = [Vec::new(), Vec::new(), Vec::new()];
    for line in &grid.lines {
        let cells: Vec<_> = columns.iter().map(|column| line.cells[column.index]).collect();
        let present = || cells.iter().flatten();
        let place = if present().any(|case| !case.accepted) {
            0
        } else if line.differs() || present().any(|case| case.verdict != VerdictField::Pass) {
            1
        } else {
            2
        };
        sections[place].push(board_line(line, &cells, columns, changes));
    }
    let [refused, differing, alike] = sections;
    let section = |title: &str, lines: Vec<_>, is_plain| {
        let heading = format!("{title} ({})", lines.len());
        Some(Section { heading, lines, is_plain }).filter(|section| !section.lines.is_empty())
    };
    let sections = [
        section("Not accepted somewhere", refused, false),
        section("Not alike everywhere", differing, false),
        section("Passed wherever it exists", alike, true),
    ];
    let sections = sections.into_iter().flatten();
    Board { id: "grid", first: "Scenario", sections: sections.collect() }
}

fn board_line<'a>(
    line: &grid::Line<'a>,
    cells: &[Option<&'a CaseField>],
    columns: &[Column<'_>],
    changes: &Changes<'_>,
) -> Line<'a> {
    let needs: BTreeSet<_> = cells.iter().flatten().flat_map(|case| &case.needs).collect();
    let mark = |(cell, column): (Option<&CaseField>, &Column<'_>)| {
        cell.map(|case| {
            mark(case, line.deviates(column.index), changes.of(&column.row.name, Some(&case.name)))
        })
    };
    let run = |cell: Option<&CaseField>| {
        let case = cell?;
        let tenths = |value: Option<f64>| value.map(|value| (value * 10.0).round() / 10.0);
        let memory = case.last.max_rss_kib.filter(|kib| *kib > 0);
        let memory = memory.map(|kib| u32::try_from(kib).map_or(f64::INFINITY, f64::from));
        let cost = [tenths(case.last.wall_ms), tenths(case.last.cpu_ms), memory];
        Some(Run { cost, rerun: text(&case.rerun) })
    };
    Line {
        name: text(line.name),
        tally: tally(cells),
        needs: needs.into_iter().map(|need| text(need)).collect(),
        topic: text(line.topic().unwrap_or_default()),
        marks: cells.iter().copied().zip(columns).map(mark).collect(),
        groups: groups(cells, columns, changes),
        runs: cells.iter().copied().map(run).collect(),
    }
}

/// Returns the number of cells with each glyph except plain passes, such as `1✕ 2–`.
fn tally(cells: &[Option<&CaseField>]) -> String {
    let counts = grid::count(cells.iter().flatten().copied());
    let counts = counts.iter().filter(|(verdict, _)| *verdict != VerdictField::Pass);
    counts
        .map(|(verdict, count)| format!("{count}{}", glyph(verdict)))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns the character that stands for a verdict in cells and in the summary.
pub(super) fn glyph(verdict: &VerdictField) -> &'static str {
    match verdict {
        VerdictField::Pass => "✓",
        VerdictField::Fail => "✕",
        VerdictField::Leak => "L",
        VerdictField::Unresolved => "?",
        VerdictField::Unsupported => "–",
        VerdictField::NotRun => "·",
        VerdictField::Flaky => "~",
        VerdictField::Stale => "S",
        VerdictField::Xfail => "x",
        VerdictField::Xpass => "P",
        VerdictField::Other(_) => "*",
    }
}

fn mark(case: &CaseField, deviates: bool, change: Option<&Change>) -> Mark {
    let outcome = grid::outcome(case);
    let words =
        if outcome.is_empty() { word(case) } else { format!("{}, {}", word(case), text(&outcome)) };
    Mark {
        glyph: glyph(&case.verdict),
        tone: grid::tone(case),
        verdict: text(case.verdict.id()),
        words,
        deviates,
        change: change
            .map(|change| if change.kind == ChangeKind::Worse { "worse" } else { "changed" }),
    }
}

/// Returns the groups of cells with the same details, sorted from the worst to the best and, if
/// equally bad, from the smallest to the largest.
fn groups<'a>(
    cells: &[Option<&'a CaseField>],
    columns: &[Column<'_>],
    changes: &Changes<'_>,
) -> Vec<Group<'a>> {
    let mut found: Vec<(Vec<usize>, &CaseField)> = Vec::new();
    let of =
        |column: usize, case: &CaseField| changes.of(&columns[column].row.name, Some(&case.name));
    let what = |change: Option<&Change>| change.map(|change| change.what.clone());
    for (column, case) in cells.iter().enumerate() {
        let Some(case) = *case else { continue };
        let known = found.iter_mut().find(|(members, first)| {
            details::are_alike(first, case) && what(of(members[0], first)) == what(of(column, case))
        });
        match known {
            Some((members, _)) => members.push(column),
            None => found.push((vec![column], case)),
        }
    }
    found.sort_by_key(|(columns, case)| (std::cmp::Reverse(grid::tone(case)), columns.len()));
    let group = |(members, case): (Vec<usize>, &'a CaseField)| {
        let first = &columns[members[0]];
        let outcome = grid::outcome(case);
        let heading =
            if outcome.is_empty() { word(case) } else { format!("{} ({outcome})", word(case)) };
        let rest = html! {
            @if let Some(history) = changes.history(&first.row.name, &case.name) {
                (details::entry("Since the baseline", &history))
            }
            div.own { (details::entry(&format!("Rerun on {}", first.number()), &html! { code { (text(&case.rerun)) } })) }
        };
        let body = Body::Of { row: first.index, case, rest };
        Group { columns: members, tone: grid::tone(case), heading, body }
    };
    found.into_iter().map(group).collect()
}

/// Returns the filters of the table.
pub(super) fn filters(grid: &Grid<'_>, columns: &[Column<'_>], has_baseline: bool) -> Markup {
    let capabilities = grid.needed();
    let topics = grid.topics();
    html! {
        // The fieldset is hidden until the script shows it, since the filters need the script.
        div role="search" { fieldset id="filters" hidden aria-label="Filters" {
            label { "Scenario" input type="search" name="name" placeholder="part of a name" autocomplete="off"; }
            label { "Targets" input type="search" name="targets" placeholder="musl, windows" autocomplete="off"; }
            @if topics.len() > 1 {
                label { "Topic" select name="topic" {
                    option value="" { "any" }
                    @for topic in topics { option { (text(topic)) } }
                } }
            }
            @if !capabilities.is_empty() {
                label { "Needs" select name="needs" {
                    option value="" { "anything" }
                    @for need in capabilities { option { (text(need)) } }
                } }
            }
            label { "Verdict" select name="verdict" {
                option value="" { "any" }
                @for (verdict, _) in grid.counts() {
                    option value=(text(verdict.id())) { (text(&verdict.to_string().to_lowercase())) }
                }
            } }
            label.check { input type="checkbox" name="differs"; "only differing" }
            @if columns.iter().any(|column| column.is_bad) {
                label.check { input type="checkbox" name="bad"; "only targets with a failure" }
            }
            @if has_baseline { label.check { input type="checkbox" name="changed"; "only changed" } }
            @if columns.iter().any(|column| column.like.is_some()) {
                label.check { input type="checkbox" name="builds"; "every build" }
            }
            output id="count" aria-live="polite" {}
        } }
    }
}

/// Returns the number of scenarios that passed on every target that has them, in words.
pub(super) fn everywhere(grid: &Grid<'_>) -> String {
    let passes = |line: &&grid::Line<'_>| {
        line.cells.iter().flatten().all(|case| grid::tone(case) == Tone::Good)
    };
    let count = grid.lines.iter().filter(passes).count();
    format!("{count} of {} scenarios pass on every target that has them", grid.lines.len())
}
