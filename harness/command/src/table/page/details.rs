//! The details of a case: a description list of what the report says about the case.

use std::collections::BTreeMap;
use std::io;

use maud::{Markup, html};
use serde_json::Value;

use super::shared::{linked, text};
use crate::document::{AttemptField, CaseField, TrialField};
use crate::table::grid;
use crate::table::matrix::Whole;

/// Number of bytes that the page shows of the beginning and of the end of a stream. The limit
/// `EACH_END` keeps the page of many targets small; the JSON report has the bytes that the page
/// leaves out.
const EACH_END: usize = 4096;

/// Number of bytes of streams that the page may still show.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(32 << 20)
    }
}

impl Budget {
    /// Returns the text, or a line with the length of the text if the page has no room for the text
    /// and the text is longer than `LINE` bytes.
    fn spend(&mut self, text: String) -> String {
        /// Maximum length in bytes of a text that is shown although the page has no room, because
        /// the line with the length of the text would be as long.
        const LINE: usize = 72;
        match self.0.checked_sub(text.len()) {
            Some(rest) => {
                self.0 = rest;
                text
            }
            None if text.len() <= LINE => text,
            None => format!("[{} bytes are not shown here; the JSON report has them]", text.len()),
        }
    }
}

/// Entries of a description list, which all cells of a group share.
#[derive(Debug)]
pub(super) enum Body<'a> {
    Ready(Markup),
    /// Case whose output is read and whose entries are rendered when they are written, because the
    /// entries of all cases may not fit into memory.
    Of {
        /// Index of the case's row in the matrix.
        row: usize,
        case: &'a CaseField,
        /// Entries after the entries of the case.
        rest: Markup,
    },
}

impl<'a> Body<'a> {
    pub(super) fn entries(&self, whole: &Whole<'a>, budget: &mut Budget) -> io::Result<Markup> {
        Ok(match self {
            Self::Ready(entries) => entries.clone(),
            Self::Of { row, case, rest } => {
                html! { (body(&*whole(*row, case)?, budget)) (rest) }
            }
        })
    }
}

/// Returns the entries for a case.
fn body(case: &CaseField, budget: &mut Budget) -> Markup {
    html! {
        @if !case.reason.is_empty() { (entry("Reason", &linked(&case.reason))) }
        @let outcome = grid::outcome(case);
        @if !outcome.is_empty() { (entry("Ended with", &html! { (text(&outcome)) })) }
        (entry("Expected", &linked(&case.expected)))
        (streams(&case.last, budget))
        @if !case.needs.is_empty() { (entry("Needs", &html! { (text(&case.needs.join(", "))) })) }
        @if let Some(gate) = &case.gate { (entry("Gate", &linked(gate))) }
        @if let Some(link) = &case.known_bug { (entry("Known bug", &linked(link))) }
        @if case.runs != 1 {
            (entry("Runs", &html! { (case.passes) " of " (case.runs) " passed" }))
        }
        (others(&case.last, &case.added))
        @for (number, attempt) in (1..).zip(&case.earlier_attempts) {
            (earlier(number, attempt, budget))
        }
    }
}

pub(super) fn entry(term: &str, words: &Markup) -> Markup {
    html! { dt { (term) } dd { (words) } }
}

/// Returns whether [`body`] returns the same entries for two cases of one scenario.
pub(super) fn are_alike(one: &CaseField, other: &CaseField) -> bool {
    let CaseField {
        name: _,
        verdict,
        accepted,
        reason,
        known_bug,
        known_failure,
        xfail,
        expected,
        needs,
        topic: _,
        gate,
        runs,
        passes,
        first_failure: _,
        last,
        earlier_attempts,
        rerun: _,
        added,
    } = one;
    let mut attempts = earlier_attempts.iter().zip(&other.earlier_attempts);
    *verdict == other.verdict
        && *accepted == other.accepted
        && *reason == other.reason
        && *known_bug == other.known_bug
        && *known_failure == other.known_failure
        && *xfail == other.xfail
        && *expected == other.expected
        && *needs == other.needs
        && *gate == other.gate
        && (*runs, *passes) == (other.runs, other.passes)
        && are_trials_alike(last, &other.last)
        && earlier_attempts.len() == other.earlier_attempts.len()
        && attempts.all(|(one, other)| {
            one.verdict == other.verdict
                && one.reason == other.reason
                && are_trials_alike(&one.trial, &other.trial)
                && one.added == other.added
        })
        && *added == other.added
}

/// Returns whether two trials are equal except for their cost.
fn are_trials_alike(one: &TrialField, other: &TrialField) -> bool {
    let TrialField {
        alternative,
        end,
        wall_ms: _,
        cpu_ms: _,
        max_rss_kib: _,
        stdout,
        stderr,
        stdout_base64,
        stderr_base64,
        truncated,
        merged,
        leaked,
        explanation,
        threads,
        not_killed,
        not_removed,
        fault,
        backtrace,
        artifacts,
    } = one;
    *alternative == other.alternative
        && *end == other.end
        && *stdout == other.stdout
        && *stderr == other.stderr
        && *stdout_base64 == other.stdout_base64
        && *stderr_base64 == other.stderr_base64
        && (*truncated, *merged, *leaked) == (other.truncated, other.merged, other.leaked)
        && *explanation == other.explanation
        && *threads == other.threads
        && *not_killed == other.not_killed
        && *not_removed == other.not_removed
        && *fault == other.fault
        && *backtrace == other.backtrace
        && *artifacts == other.artifacts
}

fn earlier(number: usize, attempt: &AttemptField, budget: &mut Budget) -> Markup {
    let verdict = attempt.verdict.to_string();
    html! {
        (entry(&format!("Attempt {number}"), &html! { (text(&verdict)) " " (linked(&attempt.reason)) }))
        (streams(&attempt.trial, budget))
        (others(&attempt.trial, &attempt.added))
    }
}

/// Returns the streams that a child printed: standard error first, since it says more about a
/// failure.
fn streams(trial: &TrialField, budget: &mut Budget) -> Markup {
    html! {
        @for (term, stream) in [("Standard error", &trial.stderr), ("Standard output", &trial.stdout)] {
            @if let Some(stream) = stream.as_ref().filter(|stream| !stream.is_empty()) {
                (entry(term, &html! { pre tabindex="0" { (text(&budget.spend(ends_of(stream, trial.truncated)))) } }))
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
                // The recursion of `tell` is bounded, because serde_json refuses deeply nested
                // JSON.
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
/// If the result does not contain the runner's line, the result repeats the number of dropped
/// bytes.
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
/// A child can print a line that looks like the runner's line. The runner's line is the line
/// nearest to the middle of `text`, because the runner keeps equally many bytes before and after
/// its line.
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
    fn a_page_without_room_shows_the_length_of_a_stream() {
        let stream = "x".repeat(EACH_END);
        let mut budget = Budget(EACH_END + 1);
        assert_eq!(budget.spend(stream.clone()), stream);
        let line = budget.spend(stream);
        assert!(line.contains("4096 bytes are not shown here"), "{line}");
        // The line would not be shorter than the stream.
        assert_eq!(budget.spend("OK\n".to_owned()), "OK\n");
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
