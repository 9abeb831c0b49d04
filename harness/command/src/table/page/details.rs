//! The popover that opens when a user selects a cell, and shows all details of one case in one
//! matrix row.
//!
//! A browser opens and closes a popover without a script.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::shared::{change_class, change_of, class, columns, linked, name, text, word};
use crate::document::{AttemptField, CaseField, TrialField};
use crate::table::changes::{Change, ChangeKind};
use crate::table::grid::{self, Grid, Line};
use crate::table::matrix::Row;

/// Number of bytes that the page shows of the beginning and of the end of a stream. The limit keeps
/// the page of many targets small; the JSON report has the rest.
const EACH_END: usize = 4096;

/// Returns the HTML id of the popover that a cell opens.
pub(super) fn id(line: usize, row: usize) -> String {
    format!("case-{line}-{row}")
}

pub(super) fn all(grid: &Grid<'_>, changes: Option<&[Change]>) -> Markup {
    html! {
        @for (place, line) in grid.lines.iter().enumerate() {
            @for (index, row) in columns(grid) {
                @if let Some(case) = line.cells[index] {
                    (one(&id(place, index), line, grid, row, case, changes))
                }
            }
        }
    }
}

fn one(
    id: &str,
    line: &Line<'_>,
    grid: &Grid<'_>,
    row: &Row,
    case: &CaseField,
    changes: Option<&[Change]>,
) -> Markup {
    let heading = format!("{id}-name");
    html! {
        div id=(id) popover role="dialog" aria-labelledby=(heading) {
            div.head {
                h2 id=(heading) { (name(&case.name)) " on " (text(&row.name)) }
                button type="button" autofocus popovertarget=(id) popovertargetaction="hide" { "Close" }
            }
            dl {
                (entry("Verdict", &html! { span.badge.(class(grid::tone(case))) { (word(case)) } }))
                @if !case.reason.is_empty() { (entry("Reason", &linked(&case.reason))) }
                (entry("Expected", &linked(&case.expected)))
                @let outcome = grid::outcome(case);
                @if !outcome.is_empty() { (entry("Ended with", &html! { (text(&outcome)) })) }
                @if line.differs() { (entry("On all targets", &ends(line, grid))) }
                @if changes.is_some() { (entry("Since the baseline", &history(row, case, changes))) }
                @if !case.needs.is_empty() { (entry("Needs", &html! { (text(&case.needs.join(", "))) })) }
                @if let Some(gate) = &case.gate { (entry("Gate", &linked(gate))) }
                @if let Some(link) = &case.known_bug { (entry("Known bug", &linked(link))) }
                @if case.runs != 1 {
                    (entry("Runs", &html! { (case.passes) " of " (case.runs) " passed" }))
                }
                @if let Some(cost) = cost(&case.last) { (entry("Cost", &html! { (cost) })) }
                (streams(&case.last))
                (others(&case.last, &case.added))
                @for (number, attempt) in (1..).zip(&case.earlier_attempts) {
                    (earlier(number, attempt))
                }
                (entry("Rerun", &html! { code { (text(&case.rerun)) } }))
            }
        }
    }
}

fn entry(term: &str, words: &Markup) -> Markup {
    html! { dt { (term) } dd { (words) } }
}

fn history(row: &Row, case: &CaseField, changes: Option<&[Change]>) -> Markup {
    let change = change_of(changes, &row.name, Some(&case.name));
    let row_change =
        change_of(changes, &row.name, None).filter(|change| change.kind == ChangeKind::New);
    html! {
        @match (change, row_change) {
            (Some(change), _) => {
                span.badge.(change_class(change.kind)) { (change.kind) } " " (linked(&change.what))
            }
            (None, Some(_)) => "the target is new",
            (None, None) => "not changed",
        }
    }
}

fn earlier(number: usize, attempt: &AttemptField) -> Markup {
    let verdict = attempt.verdict.to_string();
    html! {
        (entry(&format!("Attempt {number}"), &html! { (text(&verdict)) " " (linked(&attempt.reason)) }))
        (streams(&attempt.trial))
        (others(&attempt.trial, &attempt.added))
    }
}

/// Returns a list of the ways in which the scenario ended, each with the targets on which the
/// scenario ended in this way.
fn ends(line: &Line<'_>, grid: &Grid<'_>) -> Markup {
    html! {
        @for group in &line.ends {
            @let rows: Vec<_> = group.rows.iter().map(|row| &*grid.rows[*row].name).collect();
            div { strong { (text(&group.end)) } ": " (text(&rows.join(", "))) }
        }
    }
}

fn cost(trial: &TrialField) -> Option<String> {
    let milliseconds = |value: Option<f64>, what: &str| Some(format!("{:.1} ms {what}", value?));
    let memory = trial.max_rss_kib.filter(|kib| *kib > 0);
    let parts = [
        milliseconds(trial.wall_ms, "wall time"),
        milliseconds(trial.cpu_ms, "processor time"),
        memory.map(|kib| {
            format!(
                "{:.1} MiB memory",
                u32::try_from(kib).map_or(f64::INFINITY, f64::from) / 1024.0
            )
        }),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Returns the streams that a child printed.
fn streams(trial: &TrialField) -> Markup {
    html! {
        @for (term, stream) in [("Standard output", &trial.stdout), ("Standard error", &trial.stderr)] {
            @if let Some(stream) = stream.as_ref().filter(|stream| !stream.is_empty()) {
                (entry(term, &html! { pre tabindex="0" { (text(&ends_of(stream, trial.truncated))) } }))
            }
        }
    }
}

/// Fields of a trial that [`others`] leaves out, because the page shows these fields elsewhere or
/// not at all.
const SHOWN: &[&str] = &[
    "alternative",
    "end",
    "wall_ms",
    "cpu_ms",
    "max_rss_kib",
    "stdout",
    "stderr",
    "stdout_base64",
    "stderr_base64",
    "truncated",
    "leaked",
];

/// Returns the fields of a trial that are not in [`SHOWN`], such as a backtrace, and fields that
/// later versions added.
fn others(trial: &TrialField, added: &BTreeMap<String, Value>) -> Markup {
    let fields = serde_json::to_value(trial).unwrap_or_default();
    let fields = fields.as_object().into_iter().flatten();
    let fields = fields.filter(|(name, _)| !SHOWN.contains(&&***name)).chain(added);
    let mut words = Vec::new();
    for (name, value) in fields {
        tell(&name.replace('_', " "), value, &mut words);
    }
    html! {
        @for (term, words) in words {
            dt { (text(&term)) }
            dd { pre tabindex="0" { (text(&ends_of(&words, false))) } }
        }
    }
}

/// Adds a value with its name to `words`. For an object, each of its fields is added; for `null`,
/// `false` and an empty list, nothing is added.
fn tell(name: &str, value: &Value, words: &mut Vec<(String, String)>) {
    match value {
        Value::Null | Value::Bool(false) => {}
        Value::String(text) => words.push((name.to_owned(), text.clone())),
        Value::Object(fields) => {
            for (field, value) in fields {
                // This recursion is bounded, because serde_json refuses deeply nested JSON.
                tell(&format!("{name}: {}", field.replace('_', " ")), value, words);
            }
        }
        Value::Array(values) if values.is_empty() => {}
        Value::Bool(true) | Value::Number(_) | Value::Array(_) => {
            words.push((name.to_owned(), value.to_string()));
        }
    }
}

/// Returns the first and the last [`EACH_END`] bytes of a text, and how many bytes are left out.
///
/// If `is_truncated`, the runner dropped bytes of the stream, and a line in `stream` says how many.
/// If the result does not contain this line, the result repeats the number of dropped bytes.
fn ends_of(stream: &str, is_truncated: bool) -> String {
    let left_out = stream.len().saturating_sub(2 * EACH_END);
    if left_out == 0 {
        return stream.to_owned();
    }
    let is_boundary = |place: &usize| stream.is_char_boundary(*place);
    let head = (0..=EACH_END).rev().find(is_boundary).unwrap_or_default();
    let tail = (stream.len() - EACH_END..=stream.len()).find(is_boundary).unwrap_or(stream.len());
    let dropped = is_truncated.then(|| dropped(&stream[head..tail])).flatten();
    let dropped = dropped.map(|count| format!(", and {count} bytes were dropped"));
    format!(
        "{}\n[{} bytes are not shown here{}]\n{}",
        &stream[..head],
        tail - head,
        dropped.unwrap_or_default(),
        &stream[tail..]
    )
}

/// Returns the number of bytes that the runner dropped, as the runner's line in `text` reports the
/// number.
///
/// A child can print a line of the same form, too. The runner's line is the line nearest to the
/// middle of `text`, because the runner keeps equally many bytes before and after its line.
fn dropped(text: &str) -> Option<u64> {
    let count = |line: &str| line.strip_prefix('[')?.strip_suffix(" bytes dropped]")?.parse().ok();
    let mut place = 0;
    let found = text.split('\n').filter_map(|line| {
        let start = place;
        place += line.len() + 1;
        Some((start.abs_diff(text.len() / 2), count(line)?))
    });
    found.min_by_key(|(distance, _)| *distance).map(|(_, count)| count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_version_added_is_shown() {
        let added = serde_json::json!({
            "backtrace": { "of": "hang", "frames": "#0  poll ()", "absent": null }, "merged": false, "empty": [], "n": 7
        });
        let added = serde_json::from_value(added).unwrap();
        let page = others(&TrialField::default(), &added).into_string();
        for (term, words) in
            [("backtrace: frames", "#0  poll ()"), ("backtrace: of", "hang"), ("n", "7")]
        {
            let entry = format!("<dt>{term}</dt><dd><pre tabindex=\"0\">{words}</pre></dd>");
            assert!(page.contains(&entry), "{page}");
        }
        assert_eq!(page.matches("<dt>").count(), 3, "{page}");
    }

    #[test]
    fn a_long_output_is_cut_between_characters() {
        let text = "é".repeat(EACH_END + 1);
        assert!(ends_of(&text, false).contains("\n[2 bytes are not shown here]\n"));
        assert_eq!(ends_of(&text[..2 * EACH_END], false), text[..2 * EACH_END]);
    }

    #[test]
    fn a_cut_output_says_how_many_bytes_the_runner_dropped() {
        let half = "x\n".repeat(EACH_END);
        let text = format!("{half}\n[7 bytes dropped]\n{half}");
        let cut = |count: usize| format!("\n[{count} bytes are not shown here");
        let left_out = cut(text.len() - 2 * EACH_END);
        let shown = ends_of(&text, true);
        assert!(shown.contains(&format!("{left_out}, and 7 bytes were dropped]\n")), "{shown}");
        // The page does not take a line that the child printed for the runner's line.
        assert!(ends_of(&text, false).contains(&format!("{left_out}]\n")));
        let own = format!("{half}[9 bytes dropped]\n{half}");
        let both = ends_of(&format!("{own}\n[7 bytes dropped]\n{own}"), true);
        assert!(both.contains(", and 7 bytes were dropped]\n"), "{both}");
    }
}
