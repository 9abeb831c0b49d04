//! A matrix report as one HTML page that needs nothing but a browser: no network, and no script to be read.
//!
//! What a report says is foreign text. It reaches the page through [`text()`] alone, the page's own style and script are named
//! by their hashes in a content security policy, and nothing else is allowed.

mod details;
mod table;

use std::io::{self, Write};

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};
use testprog_harness::text;

use super::changes::{Change, ChangeKind};
use super::grid::{self, Grid, Tone};
use super::{State, View, human};
use crate::document::CaseField;

/// Writes the page.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page(view).into_string().as_bytes())
}

fn page(view: &View<'_>) -> Markup {
    // A browser hashes lines that end as its own do.
    let own = |text: &str| text.replace("\r\n", "\n");
    let (style, script) = (own(include_str!("style.css")), own(include_str!("script.js")));
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(&style),
        hash(&script)
    );
    let grid = Grid::new(view.matrix);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Scenarios by target" }
                // Without it, a browser would ask the server for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(&style)) }
            }
            body {
                header {
                    h1 { "Scenarios by target" }
                    p { (text(&human::summary(&grid))) }
                }
                main {
                    (table::targets(&grid))
                    (refused(&grid))
                    (table::scenarios(&grid, view))
                    @if let Some(changes) = &view.changes { (since_baseline(changes)) }
                    (table::capabilities(&grid))
                }
                footer.faint {
                    p { (text(&view.matrix.tool)) ", " (text(&view.matrix.started)) }
                }
                (details::all(&grid, view))
                script { (PreEscaped(&script)) }
            }
        }
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(&Sha256::digest(text)))
}

/// Returns a foreign text as it can be shown; the template does the rest.
fn text(foreign: &str) -> String {
    text::escape(foreign.as_bytes())
}

/// Returns a foreign text in which what is a link can be followed.
fn linked(foreign: &str) -> Markup {
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

/// Returns a name that may be broken after each underscore.
fn name(foreign: &str) -> Markup {
    html! { @for part in text(foreign).split_inclusive('_') { (part) wbr; } }
}

/// Returns the class for a color.
fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Open => "open",
        Tone::Unclear => "unclear",
        Tone::Bad => "bad",
    }
}

/// Returns a verdict in lower case, unless it fails a run.
fn word(case: &CaseField) -> String {
    let word = case.verdict.to_string();
    text(&if case.accepted { word.to_lowercase() } else { word })
}

fn change_class(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Worse => "bad",
        ChangeKind::Fixed => "good",
        ChangeKind::Gone | ChangeKind::New | ChangeKind::Changed => "open",
    }
}

/// Tells of each case that was not accepted.
fn refused(grid: &Grid<'_>) -> Markup {
    let cases = grid.rows.iter().flat_map(|row| row.cases().iter().map(move |case| (row, case)));
    let refused: Vec<_> = cases.filter(|(_, case)| !case.accepted).collect();
    html! {
        @if !refused.is_empty() {
            section aria-labelledby="refused" {
                h2 id="refused" { "Not accepted" }
                div.scroll { table.wide {
                    thead { tr {
                        th scope="col" { "Verdict" } th scope="col" { "Scenario" }
                        th scope="col" { "Target" } th scope="col" { "Reason" }
                    } }
                    tbody { @for (row, case) in refused {
                        tr {
                            td { span.badge.(class(grid::tone(case))) { (word(case)) } }
                            th scope="row" { (name(&case.name)) }
                            td { (text(&row.name)) }
                            td { (linked(&case.reason)) }
                        }
                    } }
                } }
            }
        }
    }
}

/// Tells what changed.
fn since_baseline(changes: &[Change]) -> Markup {
    html! {
        section aria-labelledby="changes" {
            h2 id="changes" { "Since the baseline" }
            @if changes.is_empty() { p { "Nothing changed." } } @else {
                div.scroll { table.wide {
                    thead { tr {
                        th scope="col" { "Change" } th scope="col" { "Scenario" }
                        th scope="col" { "Target" } th scope="col" { "Now; before" }
                    } }
                    tbody { @for change in changes {
                        tr {
                            td { span.badge.(change_class(change.kind)) { (change.kind) } }
                            th scope="row" { (name(change.case.as_deref().unwrap_or("(all)"))) }
                            td { (text(&change.row)) }
                            td { (linked(&change.what)) }
                        }
                    } }
                } }
            }
        }
    }
}

/// Returns the rows that have cells.
fn columns<'a>(grid: &Grid<'a>) -> Vec<(usize, &'a super::Row)> {
    grid.rows.iter().enumerate().filter(|(_, row)| row.state == State::Ran).collect()
}

/// Returns the change of a case in a row, or that of the row as a whole.
fn change_of<'a>(view: &'a View<'_>, row: &str, case: Option<&str>) -> Option<&'a Change> {
    let changes = view.changes.as_deref()?;
    changes.iter().find(|change| change.row == row && change.case.as_deref() == case)
}
