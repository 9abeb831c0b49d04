//! The matrix report as one HTML page, which is readable without a network and without scripts.
//!
//! A report contains foreign text, which reaches the page only through [`shared::text`]. The page's
//! content security policy allows only the page's own style and script, by their hashes.

mod board;
mod capabilities;
mod columns;
mod details;
mod scenarios;
mod shared;

use std::io::{self, Write};

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use self::board::{Board, Data, Mark};
use self::columns::Column;
use self::details::Budget;
use self::scenarios::{Changes, glyph};
use self::shared::{change_class, class, is_web, linked, name, text};
use super::changes::{self, Change};
use super::grid::{self, Grid, Tone};
use super::matrix::{Matrix, Row, State, Whole};
use crate::document::{CaseField, VerdictField};

/// Maximum number of lines in the list of cases that were not accepted. The table of scenarios
/// shows all cases that were not accepted.
const LISTED: usize = 200;

/// Writes the HTML page of a matrix. The page is written line by line, because the page of many
/// cases may not fit into memory.
pub(super) fn write<'a>(
    matrix: &'a Matrix,
    changes: Option<&[Change]>,
    whole: &Whole<'a>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let grid = Grid::new(matrix);
    let columns = columns::columns(&grid);
    let board = scenarios::board(&grid, &columns, &Changes::new(changes));
    let (capabilities, unknown) = capabilities::board(&grid, &columns);
    // A browser normalizes line endings to LF before it hashes a style or script, and a checkout
    // may have CRLF.
    let own = |text: &str| text.replace("\r\n", "\n");
    let script = own(include_str!("script.js"));
    let families = [&board, &capabilities].map(|board| board.families(&columns)).concat();
    let style = own(include_str!("style.css")) + &families;
    let mut put = |markup: Markup| out.write_all(markup.into_string().as_bytes());
    put(
        html! { (DOCTYPE) (PreEscaped("<html lang=\"en\">")) (head(matrix, &grid, &style, &script)) },
    )?;
    put(html! { (PreEscaped("<body>")) (header(matrix, &grid)) (PreEscaped("<main>")) })?;
    put(html! {
        (refused(&board, &columns))
        @if let Some(changes) = changes { (since_baseline(changes)) }
    })?;
    if !grid.lines.is_empty() {
        put(html! {
            (PreEscaped("<section aria-labelledby=\"scenarios\">"))
            h2 id="scenarios" { "Scenarios" }
            (scenarios::filters(&grid, &columns, changes.is_some()))
        })?;
        let caption = "A cell opens its details. A frame marks an outcome that differs from the outcome on most targets.";
        board.write_table(&columns, caption, out)?;
        out.write_all(STATUS)?;
        out.write_all(b"</section>")?;
    }
    out.write_all(targets(&grid, &columns).into_string().as_bytes())?;
    write_capabilities(&capabilities, unknown, &columns, out)?;
    if !grid.lines.is_empty() {
        out.write_all(b"<section class=\"details\" aria-labelledby=\"details\"><h2 id=\"details\">Details</h2>")?;
        let mut budget = Budget::default();
        board.write_details(&columns, whole, &mut budget, out)?;
        if !capabilities.sections.is_empty() {
            out.write_all(b"<h3>Capabilities</h3>")?;
            capabilities.write_details(&columns, whole, &mut budget, out)?;
        }
        out.write_all(b"</section>")?;
    }
    let end = html! {
        (PreEscaped("</main>"))
        footer.faint {
            p { (text(&matrix.tool)) ", " (text(&matrix.started)) }
        }
        dialog id="case" aria-labelledby="case-name" {}
    };
    out.write_all(end.into_string().as_bytes())?;
    Data::new(&columns, &[&board, &capabilities]).write_element(out)?;
    write!(out, "<script>{script}</script></body></html>")
}

/// Line below a table in which the page's script describes a cell.
const STATUS: &[u8] = b"<p class=\"status\" aria-hidden=\"true\"></p>";

fn head(matrix: &Matrix, grid: &Grid<'_>, style: &str, script: &str) -> Markup {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    );
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (headline(grid)) " – " (text(matrix.title.as_deref().unwrap_or("scenarios by target"))) }
            // Without an icon in the page, a browser would request one from the server.
            link rel="icon" href="data:,";
            style { (PreEscaped(style)) }
        }
    }
}

fn header(matrix: &Matrix, grid: &Grid<'_>) -> Markup {
    html! {
        header {
            p.faint {
                @if let Some(title) = &matrix.title { strong { (text(title)) } ", " }
                (text(matrix.started.get(..10).unwrap_or(&matrix.started)))
                @if let Some(link) = matrix.link.as_ref().filter(|link| is_web(link)) {
                    ", " a href=(text(link)) rel="noreferrer noopener" { "CI run" }
                }
            }
            h1 { (headline(grid)) }
            (chips(grid))
            p.faint { (size(grid)) }
        }
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(&hmac_sha256::Hash::hash(text.as_bytes())))
}

/// Returns how many cases were not accepted, in words.
fn headline(grid: &Grid<'_>) -> String {
    let cases: usize = grid.counts().iter().map(|(_, count)| count).sum();
    let refused = grid.rows.iter().flat_map(Row::cases).filter(|case| !case.accepted).count();
    let incomplete = grid.rows.iter().filter(|row| row.is_incomplete()).count();
    let noun = |count, one: &str| if count == 1 { one.to_owned() } else { format!("{one}s") };
    let mut words = match (refused, cases) {
        (_, 0) => "No cases".to_owned(),
        (0, 1) => "The case is accepted".to_owned(),
        (0, cases) => format!("All {cases} cases accepted"),
        (refused, cases) => format!("{refused} of {cases} {} not accepted", noun(cases, "case")),
    };
    if incomplete > 0 {
        words = format!("{words}, {incomplete} {} failed", noun(incomplete, "target"));
    }
    words
}

/// Returns the number of cases with each verdict, each number as a link to these cases.
fn chips(grid: &Grid<'_>) -> Markup {
    let mut counts: Vec<_> = grid
        .counts()
        .into_iter()
        .map(|(verdict, count)| {
            let tone = worst(grid.rows.iter().flat_map(Row::cases), &verdict);
            (tone, verdict, count)
        })
        .collect();
    counts.sort_by_key(|(tone, ..)| std::cmp::Reverse(*tone));
    html! {
        ul.chips {
            @for (tone, verdict, count) in counts {
                li {
                    a.badge.(class(tone)) href={ "#verdict=" (text(verdict.id())) } {
                        (glyph(&verdict)) " " (text(&grid::in_words(&[(verdict.clone(), count)])))
                    }
                }
            }
        }
    }
}

/// Returns the worst tone of the cases that have the given verdict.
fn worst<'a>(cases: impl Iterator<Item = &'a CaseField>, verdict: &VerdictField) -> Tone {
    let tones = cases.filter(|case| case.verdict == *verdict).map(grid::tone);
    tones.max().unwrap_or(Tone::Neutral)
}

/// Returns the size of the matrix in words, and how many scenarios pass on every target.
fn size(grid: &Grid<'_>) -> String {
    let count = |state| grid.rows.iter().filter(|row| row.state == state).count();
    let mut words = match grid.rows.len() {
        1 => "1 target".to_owned(),
        total => format!("{total} targets"),
    };
    for (state, what) in [(State::NotRun, "not run"), (State::Failed, "failed")] {
        if count(state) > 0 {
            words = format!("{words} ({} {what})", count(state));
        }
    }
    if grid.lines.is_empty() { words } else { format!("{words}; {}", scenarios::everywhere(grid)) }
}

/// Returns the list of cases that were not accepted. Each line of the list has a link to the
/// details of the case.
fn refused(board: &Board<'_>, columns: &[Column<'_>]) -> Markup {
    let cells = board.lines().enumerate().flat_map(|(line, content)| {
        let groups = content.groups.iter().enumerate();
        groups.flat_map(move |(group, found)| {
            found.columns.iter().map(move |column| (line, content, group, *column))
        })
    });
    let bad =
        cells.filter(|(_, line, _, column)| line.marks[*column].as_ref().is_some_and(Mark::is_bad));
    let mut bad: Vec<_> = bad.collect();
    let left_out = bad.len().saturating_sub(LISTED);
    bad.truncate(LISTED);
    html! {
        @if !bad.is_empty() {
            section aria-labelledby="refused" {
                h2 id="refused" { "Not accepted" }
                div.scroll { table.wide {
                    thead { tr {
                        th scope="col" { "Verdict" } th scope="col" { "Scenario" }
                        th scope="col" { "Target" } th scope="col" { "Reason" }
                    } }
                    tbody { @for (number, line, group, column) in bad {
                        @let case = columns[column].row.cases().iter().find(|case| text(&case.name) == line.name);
                        tr {
                            td { @if let (Some(mark), Some(case)) = (&line.marks[column], case) {
                                span.badge.(class(mark.tone)) { (mark.glyph) " " (shared::word(case)) }
                            } }
                            th scope="row" {
                                a href={ "#" (board.group(number, group)) } data-cell={ (number) " " (column) } { (name(&line.name)) }
                            }
                            td { (columns[column].number()) " " (name(&columns[column].row.name)) }
                            td { @if let Some(case) = case { (linked(&case.reason)) } }
                        }
                    } }
                } }
                @if left_out > 0 { p { (left_out) " more are in the table below." } }
            }
        }
    }
}

/// Returns the table of targets, with a line for each row of the matrix. The table is folded if
/// every target ran.
fn targets(grid: &Grid<'_>, columns: &[Column<'_>]) -> Markup {
    let is_bad = grid.rows.iter().any(Row::is_incomplete);
    html! {
        section aria-labelledby="targets" {
            h2 id="targets" { "Targets" }
            details open[is_bad || columns.is_empty()] {
                summary { (grid.rows.len()) @if grid.rows.len() == 1 { " target" } @else { " targets" } }
                div.scroll { table.wide {
                    thead { tr {
                        th scope="col" { "#" } th scope="col" { "Target" }
                        th scope="col" { "Details" } th scope="col" { "Result" }
                    } }
                    tbody { @for (number, row) in (1..).zip(grid.rows) {
                        tr {
                            td.number { (number) }
                            th scope="row" { (name(&row.name)) }
                            td { (text(&row.facts().join(", "))) }
                            td { (result(row)) }
                        }
                    } }
                } }
            }
        }
    }
}

fn result(row: &Row) -> Markup {
    let link = |verdict: &VerdictField| {
        let encoded = |value: &str| utf8_percent_encode(&text(value), NON_ALPHANUMERIC).to_string();
        format!("#targets={}&verdict={}", encoded(&row.name), encoded(verdict.id()))
    };
    html! {
        @match row.state {
            State::Ran => {
                @for (verdict, count) in grid::count(row.cases().iter()) {
                    a.badge.(class(worst(row.cases().iter(), &verdict))) href=(link(&verdict)) {
                        (text(&grid::in_words(&[(verdict.clone(), count)])))
                    }
                    " "
                }
                @if let Some(reason) = &row.reason { " " span.badge.unclear { (text(reason)) } }
            }
            State::NotRun => { span.badge.neutral { (linked(&row.state_in_words())) } }
            State::Failed => { span.badge.bad { (linked(&row.state_in_words())) } }
        }
    }
}

/// Writes the table of capabilities. The table is folded if no target has a faulty capability.
fn write_capabilities(
    board: &Board<'_>,
    unknown: usize,
    columns: &[Column<'_>],
    out: &mut dyn Write,
) -> io::Result<()> {
    if board.sections.is_empty() {
        return Ok(());
    }
    let is_bad = board.lines().any(|line| line.marks.iter().flatten().any(Mark::is_bad));
    let open = if is_bad { " open" } else { "" };
    write!(
        out,
        "<section aria-labelledby=\"capabilities-heading\">\
         <h2 id=\"capabilities-heading\">Capabilities</h2><details{open}>\
         <summary>What each target has of the capabilities that scenarios need</summary>"
    )?;
    board.write_table(
        columns,
        "The states come from probes or, without probes, from the platform table.",
        out,
    )?;
    out.write_all(STATUS)?;
    if unknown > 0 {
        write!(out, "<p class=\"faint\">{unknown} capabilities are known for no target.</p>")?;
    }
    out.write_all(b"</details></section>")
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
                    tbody { @for line in changes::lines(changes) {
                        tr {
                            td { span.badge.(change_class(line.kind)) { (line.kind) } }
                            th scope="row" { (name(line.case.as_deref().unwrap_or("(all)"))) }
                            td { (text(&line.row)) }
                            td { (linked(&line.what)) }
                        }
                    } }
                } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::join::join;
    use crate::table::matrix::as_it_is;
    use crate::table::read::tests::{run, source};

    fn page(matrix: &Matrix) -> String {
        let mut page = Vec::new();
        write(matrix, None, &as_it_is, &mut page).unwrap();
        String::from_utf8(page).unwrap()
    }

    /// Returns the page of a matrix whose cases all pass.
    fn green(targets: usize, scenarios: usize) -> String {
        let names: Vec<_> = (0..scenarios).map(|line| format!("a_scenario_{line}")).collect();
        let cases: Vec<_> = names.iter().map(|name| (&**name, "pass")).collect();
        let sources = (0..targets).map(|target| {
            let triple = format!("processor{target}-unknown-linux-gnu");
            source(&triple, &run(&triple, &cases))
        });
        let matrix = join(sources.collect()).unwrap();
        page(&matrix)
    }

    #[test]
    fn a_page_grows_by_few_bytes_and_elements_per_cell() {
        let elements = |page: &str| page.matches('<').count() - page.matches("</").count();
        let (small, large) = (green(10, 40), green(60, 40));
        let cells = (60 - 10) * 40;
        assert!((large.len() - small.len()) / cells <= 60, "{} bytes", large.len() - small.len());
        assert!((elements(&large) - elements(&small)) / cells <= 2);
        let lines = green(10, 240);
        let cells = (240 - 40) * 10;
        assert!((lines.len() - small.len()) / cells <= 150, "{} bytes", lines.len() - small.len());
        assert!((elements(&lines) - elements(&small)) / cells <= 6);
    }

    #[test]
    fn the_page_has_the_title_and_the_link_that_were_given() {
        let mut matrix = join(vec![source("t", &run("t", &[("a", "pass")]))]).unwrap();
        matrix.label(Some("project <1>"), Some("https://example.org/run"));
        let html = page(&matrix);
        assert!(html.contains("<title>The case is accepted – project &lt;1&gt;</title>"), "{html}");
        assert!(html.contains("href=\"https://example.org/run\""), "{html}");
        // A report may come from elsewhere, so its link need not be a web address.
        matrix.label(None, Some("javascript:alert()"));
        assert!(!page(&matrix).contains("javascript:"), "{html}");
    }
}
