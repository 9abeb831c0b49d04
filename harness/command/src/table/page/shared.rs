//! Helpers that all parts of the page share: foreign text, names and colors.

use maud::{Markup, html};
use testprog_harness::text::{escape, within_line};

use crate::document::CaseField;
use crate::table::changes::ChangeKind;
use crate::table::grid::Tone;

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

/// Returns whether a text is a web address, which the page may link to.
pub(super) fn is_web(word: &str) -> bool {
    word.starts_with("https://") || word.starts_with("http://")
}

/// Returns a foreign text in which each `http://` or `https://` address is a link.
pub(super) fn linked(foreign: &str) -> Markup {
    let foreign = text(foreign);
    html! {
        @for word in foreign.split_inclusive([' ', '\n', '\t']) {
            @let link = word.trim_end();
            @let link = link.trim_end_matches([',', ';', ')', '.']);
            @if is_web(link) {
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
        Tone::Neutral => "neutral",
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
