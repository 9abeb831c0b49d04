//! The matrix report in Markdown, for the summary of a CI step.

use std::io::{self, Write};

use testprog_harness::text;

use super::capabilities::score;
use super::changes::{self, Change};
use super::grid::{self, Grid};
use super::human;
use super::matrix::{Matrix, Row, State};
use crate::markup::markdown;

/// Maximum size of the report in bytes. GitHub refuses a step's summary of more than 1 MiB.
const LARGEST: usize = 1000 * 1024;

/// Text of at most [`LARGEST`] bytes. Lines that do not fit are only counted.
#[derive(Default)]
struct Bounded {
    text: String,
    left_out: usize,
}

impl Bounded {
    fn line(&mut self, line: &str) {
        if self.left_out == 0 && self.text.len() + line.len() < LARGEST {
            self.text.push_str(line);
            self.text.push('\n');
        } else if !line.is_empty() {
            self.left_out += 1;
        }
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<_> = cells.into_iter().collect();
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    fn header(&mut self, cells: &[&str]) {
        self.row(cells.iter().map(|cell| (*cell).to_owned()));
        self.line(&format!("|{}", "---|".repeat(cells.len())));
    }
}

pub(super) fn write(
    matrix: &Matrix,
    changes: Option<&[Change]>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let grid = Grid::new(matrix);
    let mut text = Bounded::default();
    let title = matrix.title.as_deref().unwrap_or("Scenarios by target");
    text.line(&format!("### {}\n", cell(title)));
    let run = matrix
        .link
        .as_ref()
        .map(|link| format!(" ([CI run](<{}>))", text::one_line(link).replace(['<', '>'], "")));
    text.line(&format!("{}{}", cell(&human::summary(&grid)), run.unwrap_or_default()));
    // A long report is cut at its end, so the parts that need attention come first.
    refused(&grid, &mut text);
    if let Some(changes) = changes {
        text.line("\n#### Since the baseline\n");
        write_changes(changes, &mut text);
    }
    text.line("");
    rows(&grid, &mut text);
    cells(&grid, &mut text);
    skips(&grid, &mut text);
    areas(&grid, &mut text);
    finish(&text, out)
}

/// Writes the changes as a separate report, for `cargo testprog compare`.
pub(crate) fn write_alone(changes: &[Change], out: &mut dyn Write) -> io::Result<()> {
    let mut text = Bounded::default();
    text.line("### Changes\n");
    write_changes(changes, &mut text);
    finish(&text, out)
}

fn finish(text: &Bounded, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(text.text.as_bytes())?;
    match text.left_out {
        0 => Ok(()),
        more => writeln!(out, "\n{more} more lines are not shown."),
    }
}

/// Returns Markdown for a table cell that shows foreign text literally.
fn cell(text: &str) -> String {
    markdown(&text::within_line(text.as_bytes()))
}

fn rows(grid: &Grid<'_>, text: &mut Bounded) {
    text.header(&["", "target", "", "result"]);
    for (number, row) in (1..).zip(grid.rows) {
        let counts = grid::in_words(&grid::count(row.cases().iter()));
        let result = match (row.state, &row.reason) {
            (State::Ran, None) => counts,
            (State::Ran, Some(reason)) => format!("{counts}; {reason}"),
            (State::NotRun | State::Failed, _) => row.state_in_words(),
        };
        let cells =
            [number.to_string(), cell(&row.name), cell(&row.facts().join(", ")), cell(&result)];
        text.row(cells);
    }
}

fn write_changes(changes: &[Change], text: &mut Bounded) {
    if changes.is_empty() {
        return text.line("Nothing changed.");
    }
    text.header(&["", "target", "case", "now; before"]);
    for changes::Line { kind, row, case, what } in changes::lines(changes) {
        let case = case.as_deref().unwrap_or_default();
        text.row([kind.to_string(), cell(&row), cell(case), cell(&what)]);
    }
}

fn refused(grid: &Grid<'_>, text: &mut Bounded) {
    let cases = |row| Row::cases(row).iter().filter(|case| !case.accepted);
    if grid.rows.iter().flat_map(cases).next().is_none() {
        return;
    }
    text.line("\n#### Not accepted\n");
    text.header(&["verdict", "case", "target", "reason"]);
    for row in grid.rows {
        for case in cases(row) {
            let verdict = format!("**{}**", cell(&case.verdict.to_string()));
            text.row([verdict, cell(&case.name), cell(&row.name), cell(&case.reason)]);
        }
    }
}

fn cells(grid: &Grid<'_>, text: &mut Bounded) {
    let columns: Vec<_> =
        (0..grid.rows.len()).filter(|row| grid.rows[*row].state == State::Ran).collect();
    if grid.lines.is_empty() {
        return;
    }
    let numbers: Vec<_> = columns.iter().map(|column| (column + 1).to_string()).collect();
    let header: Vec<_> =
        ["scenario"].into_iter().chain(numbers.iter().map(String::as_str)).collect();
    text.line("");
    text.header(&header);
    for line in &grid.lines {
        let cells = columns.iter().map(|column| {
            let Some(case) = line.cells[*column] else { return "–".to_owned() };
            let word = cell(&case.verdict.to_string().to_lowercase());
            let word = if case.accepted { word } else { format!("**{}**", word.to_uppercase()) };
            if line.deviates(*column) { format!("{word} \\*") } else { word }
        });
        text.row([cell(line.name)].into_iter().chain(cells));
    }
    let differing: Vec<_> = grid.lines.iter().filter(|line| line.differs()).collect();
    if !differing.is_empty() {
        text.line("\nDifferent on some targets (\\*):\n");
    }
    for line in differing {
        text.line(&format!("- {}: {}", cell(line.name), cell(&human::ends(line))));
    }
}

fn skips(grid: &Grid<'_>, text: &mut Bounded) {
    let skips = grid.skips();
    if !skips.is_empty() {
        text.line("\nUnsupported:\n");
    }
    for (reason, rows) in skips {
        let numbers: Vec<_> = rows.iter().map(|row| (row + 1).to_string()).collect();
        text.line(&format!("- {} ({})", cell(reason), numbers.join(", ")));
    }
}

/// Writes how many capabilities each target has in each area, if the report of a target contains
/// probes.
fn areas(grid: &Grid<'_>, text: &mut Bounded) {
    let areas: Vec<_> = grid.areas().into_iter().filter(|(area, _)| !area.is_empty()).collect();
    let all = |row| areas.iter().map(move |(area, found)| (area, score(found, row)));
    let rows: Vec<_> =
        (0..grid.rows.len()).filter(|row| all(*row).any(|(_, [_, known])| known > 0)).collect();
    if rows.is_empty() {
        return;
    }
    text.line("\nCapabilities by area:\n");
    for row in rows {
        let scores = all(row).filter(|(_, [_, known])| *known > 0);
        let scores =
            scores.map(|(area, [there, known])| format!("{} {there} of {known}", cell(area)));
        let name = cell(&grid.rows[row].name);
        text.line(&format!("- {name}: {}", scores.collect::<Vec<_>>().join(", ")));
    }
}
