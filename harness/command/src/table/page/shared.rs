//! Helpers that all parts of the page share: foreign text, names, colors, and changes.

use maud::{Markup, html};
use testprog_harness::text::{escape, within_line};

use crate::document::CaseField;
use crate::table::changes::{Change, ChangeKind};
use crate::table::grid::{Grid, Tone};
use crate::table::matrix::{Row, State};

/// Escapes the hidden characters of a foreign text. The HTML template escapes the special
/// characters of HTML.
pub(super) fn text(foreign: &str) -> String {
    if foreign.contains('\n') {
        escape(foreign.as_bytes())
    } else {
        // Text without a line feed never begins a line of the page, so colons at the beginning of
        // the text need no escape.
        within_line(foreign.as_bytes())
    }
}

/// Returns a foreign text in which each `http://` or `https://` address is a link.
pub(super) fn linked(foreign: &str) -> Markup {
    let foreign = text(foreign);
    let is_link = |word: &str| word.starts_with("https://") || word.starts_with("http://");
    html! {
        @for word in foreign.split_inclusive([' ', '\n', '\t']) {
            @let link = word.trim_end();
            @let link = link.trim_end_matches([',', ';', ')', '.']);
            @if is_link(link) {
                a href=(link) rel="noreferrer noopener" { (link) } (word[link.len()..])
            } @else {
                (word)
            }
        }
    }
}

/// Returns a name in which the browser may break the line after each underscore.
pub(super) fn name(foreign: &str) -> Markup {
    html! { @for part in text(foreign).split_inclusive('_') { (part) wbr; } }
}

/// Returns the CSS class for a tone.
pub(super) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Open => "open",
        Tone::Unclear => "unclear",
        Tone::Bad => "bad",
    }
}

/// Returns the verdict of a case: in lower case if the case was accepted, and otherwise in
/// capitals.
pub(super) fn word(case: &CaseField) -> String {
    let word = case.verdict.to_string();
    text(&if case.accepted { word.to_lowercase() } else { word })
}

pub(super) fn change_class(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Worse => "bad",
        ChangeKind::Fixed => "good",
        ChangeKind::Gone | ChangeKind::New | ChangeKind::Changed => "open",
    }
}

/// Returns the matrix rows that ran, which are the only rows with cells, each with its index.
pub(super) fn columns<'a>(grid: &Grid<'a>) -> Vec<(usize, &'a Row)> {
    grid.rows.iter().enumerate().filter(|(_, row)| row.state == State::Ran).collect()
}

/// Returns the change of a case in a matrix row, or the change of the row as a whole if `case` is
/// `None`.
pub(super) fn change_of<'a>(
    changes: Option<&'a [Change]>,
    row: &str,
    case: Option<&str>,
) -> Option<&'a Change> {
    changes?.iter().find(|change| change.row == row && change.case.as_deref() == case)
}
