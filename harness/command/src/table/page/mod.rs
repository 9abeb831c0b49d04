//! The matrix report as one HTML page, which is readable without a network and without scripts.
//!
//! A report contains foreign text, which reaches the page only through [`shared::text`]. The page's
//! content security policy allows only the page's own style and script, by their hashes.

mod details;
mod shared;
mod table;

use std::io::{self, Write};

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::shared::{change_class, class, linked, name, text, word};
use super::changes::Change;
use super::grid::{self, Grid};
use super::human;
use super::matrix::Matrix;

/// Writes the page.
pub(super) fn write(
    matrix: &Matrix,
    changes: Option<&[Change]>,
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(page(matrix, changes).into_string().as_bytes())
}

fn page(matrix: &Matrix, changes: Option<&[Change]>) -> Markup {
    // A browser normalizes line endings to LF before it hashes a style or script, and a checkout
    // may have CRLF.
    let own = |text: &str| text.replace("\r\n", "\n");
    let (style, script) = (own(include_str!("style.css")), own(include_str!("script.js")));
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(&style),
        hash(&script)
    );
    let grid = Grid::new(matrix);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Scenarios by target" }
                // Without an icon in the page, a browser would request one from the server.
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
                    (table::scenarios(&grid, changes))
                    @if let Some(changes) = changes { (since_baseline(changes)) }
                    (table::capabilities(&grid))
                }
                footer.faint {
                    p { (text(&matrix.tool)) ", " (text(&matrix.started)) }
                }
                (details::all(&grid, changes))
                script { (PreEscaped(&script)) }
            }
        }
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(&hmac_sha256::Hash::hash(text.as_bytes())))
}

/// Returns the table of cases that were not accepted.
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

/// Returns the table of changes since the baseline.
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
