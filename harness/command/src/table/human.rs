//! The matrix report as text for a terminal: rows, grid, differences, and cases not accepted.

use std::io::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};
use testprog_harness::text;

use super::changes::{self, Change, ChangeKind};
use super::grid::{self, Grid, Line, Tone};
use super::matrix::{Matrix, Row, State};
use crate::document::VerdictField;

/// Width of the output in characters if standard output is not a terminal.
pub(super) const WIDTH: u16 = 120;
/// Width of a column of the grid in characters, including the space around it.
const COLUMN: usize = 7;

/// Returns the width of the terminal, if standard output is a terminal.
pub(super) fn terminal_width() -> Option<u16> {
    Table::new().width()
}

/// Writes the report with colors, which `out` may strip.
pub(super) fn write(
    matrix: &Matrix,
    changes: Option<&[Change]>,
    width: u16,
    out: &mut dyn Write,
) -> io::Result<()> {
    let grid = Grid::new(matrix);
    refused(&grid, out)?;
    if let Some(changes) = changes {
        write_changes(changes, matrix.rows.len() > 1, out)?;
        writeln!(out)?;
    }
    writeln!(out, "{}", trimmed(&legend(&grid, width)))?;
    if !grid.lines.is_empty() {
        cells(&grid, width, out)?;
    }
    differences(&grid, out)?;
    skips(&grid, out)?;
    writeln!(out, "\n{}", summary(&grid))?;
    out.flush()
}

/// Returns the result of the whole matrix in one line.
pub(super) fn summary(grid: &Grid<'_>) -> String {
    let rows = |state| grid.rows.iter().filter(|row| row.state == state).count();
    let mut text = match grid.rows.len() {
        1 => "1 target".to_owned(),
        total => format!("{total} targets"),
    };
    for (state, words) in [(State::NotRun, "not run"), (State::Failed, "failed")] {
        if rows(state) > 0 {
            text = format!("{text}, {} {words}", rows(state));
        }
    }
    let cases: usize = grid.counts().iter().map(|(_, count)| count).sum();
    let noun = if cases == 1 { "case" } else { "cases" };
    let counts = grid::in_words(&grid.counts());
    if counts.is_empty() { text } else { format!("{text}; {cases} {noun}: {counts}") }
}

fn table(width: u16) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    // The table always has colors, but the writer strips the colors if the output is not a
    // terminal.
    table.set_width(width).enforce_styling();
    table
}

/// Returns the text of a table without spaces at the ends of lines.
fn trimmed(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn text(text: &str) -> Cell {
    Cell::new(text::one_line(text))
}

/// Returns the table of rows: number, name, facts and result of each row of the matrix.
fn legend(grid: &Grid<'_>, width: u16) -> Table {
    let mut table = table(width);
    for (number, row) in (1..).zip(grid.rows) {
        let (result, color) = result(row);
        table.add_row([
            Cell::new(number).set_alignment(CellAlignment::Right),
            text(&row.name),
            text(&row.facts().join(", ")),
            text(&result).fg(color),
        ]);
    }
    table
}

fn result(row: &Row) -> (String, Color) {
    let counts = grid::in_words(&grid::count(row.cases().iter()));
    let worst = row.cases().iter().map(grid::tone).max().unwrap_or(Tone::Open);
    match (row.state, &row.reason) {
        (State::Ran, None) => (counts, color(worst)),
        (State::Ran, Some(reason)) => {
            (format!("{counts}; {reason}"), color(worst.max(Tone::Unclear)))
        }
        (State::NotRun | State::Failed, _) => (
            row.state_in_words(),
            match row.state {
                State::Failed => Color::Red,
                State::Ran | State::NotRun => Color::Yellow,
            },
        ),
    }
}

/// Writes the grid, split into several blocks of columns if the grid is wider than `width`.
fn cells(grid: &Grid<'_>, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let lengths = grid.lines.iter().map(|line| text::one_line(line.name).chars().count());
    let name = lengths.max().unwrap_or_default() + 2;
    let fitting = usize::from(width).saturating_sub(name) / COLUMN;
    // Only rows of the matrix that ran have cells in the grid.
    let columns: Vec<_> =
        (0..grid.rows.len()).filter(|row| grid.rows[*row].state == State::Ran).collect();
    for columns in columns.chunks(fitting.max(1)) {
        let mut table = table(width);
        let numbers = columns.iter().map(|column| Cell::new(column + 1));
        table.add_row([Cell::new("")].into_iter().chain(numbers));
        for line in &grid.lines {
            let cells = columns.iter().map(|column| cell(line, *column));
            table.add_row([text(line.name)].into_iter().chain(cells));
        }
        writeln!(out, "\n{}", trimmed(&table))?;
    }
    Ok(())
}

fn cell(line: &Line<'_>, column: usize) -> Cell {
    let Some(case) = line.cells[column] else { return Cell::new("-").fg(Color::DarkGrey) };
    let mark = if line.deviates(column) { "*" } else { "" };
    Cell::new(format!("{}{mark}", short(&case.verdict))).fg(color(grid::tone(case)))
}

/// Returns a verdict in at most five letters. Verdicts that fail a run are in capitals.
fn short(verdict: &VerdictField) -> &'static str {
    match verdict {
        VerdictField::Pass => "pass",
        VerdictField::Fail => "FAIL",
        VerdictField::Unsupported => "unsup",
        VerdictField::Unresolved => "UNRES",
        VerdictField::Leak => "LEAK",
        VerdictField::Stale => "stale",
        VerdictField::Xfail => "xfail",
        VerdictField::Xpass => "XPASS",
        VerdictField::Flaky => "FLAKY",
        VerdictField::NotRun => "unrun",
        VerdictField::Other(_) => "?",
    }
}

fn color(tone: Tone) -> Color {
    match tone {
        Tone::Neutral => Color::DarkGrey,
        Tone::Good => Color::Green,
        Tone::Open => Color::Yellow,
        Tone::Unclear | Tone::Bad => Color::Red,
    }
}

/// Writes a line for each scenario that ended differently in different matrix rows.
fn differences(grid: &Grid<'_>, out: &mut dyn Write) -> io::Result<()> {
    let differing: Vec<_> = grid.lines.iter().filter(|line| line.differs()).collect();
    if !differing.is_empty() {
        writeln!(out, "\nDifferent on some targets (*):")?;
    }
    for line in differing {
        writeln!(out, "  {}: {}", text::one_line(line.name), text::one_line(&ends(line)))?;
    }
    Ok(())
}

/// Returns the outcomes of a scenario in words, each with the numbers of the matrix's rows that had
/// this outcome.
pub(super) fn ends(line: &Line<'_>) -> String {
    let end = |group: &grid::Group| format!("{} in {}", group.end, numbers(&group.rows));
    line.ends.iter().map(end).collect::<Vec<_>>().join("; ")
}

fn numbers(rows: &[usize]) -> String {
    rows.iter().map(|row| (row + 1).to_string()).collect::<Vec<_>>().join(", ")
}

/// Writes a line for each case that was not accepted, by matrix row, with the expectation and the
/// command that repeats the case.
fn refused(grid: &Grid<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (index, row) in grid.rows.iter().enumerate() {
        let refused: Vec<_> = row.cases().iter().filter(|case| !case.accepted).collect();
        if !refused.is_empty() {
            writeln!(out, "{} {}:", index + 1, text::one_line(&row.name))?;
        }
        for case in &refused {
            let (name, reason) = (text::one_line(&case.name), text::one_line(&case.reason));
            writeln!(out, "  {}  {name}  {reason}", case.verdict)?;
            writeln!(out, "    expected: {}", text::one_line(&case.expected))?;
            writeln!(out, "    rerun:    {}", text::one_line(&case.rerun))?;
        }
        if !refused.is_empty() {
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Writes each reason for which cases were skipped, with the numbers of the matrix rows.
fn skips(grid: &Grid<'_>, out: &mut dyn Write) -> io::Result<()> {
    let skips = grid.skips();
    if !skips.is_empty() {
        writeln!(out, "\nUnsupported:")?;
    }
    for (reason, rows) in skips {
        writeln!(out, "  {} ({})", text::one_line(reason), numbers(&rows))?;
    }
    Ok(())
}

/// Writes a line for each root cause of changes, the worst first, and the number of changes of each
/// kind.
pub(crate) fn write_changes(
    changes: &[Change],
    names_rows: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    for line in changes::lines(changes) {
        let mut place: Vec<_> = line.case.as_deref().into_iter().collect();
        if names_rows || place.is_empty() {
            place.insert(0, &line.row);
        }
        let style = anstyle::Style::new().bold().fg_color(Some(match line.kind {
            ChangeKind::Worse => anstyle::AnsiColor::Red.into(),
            ChangeKind::Fixed => anstyle::AnsiColor::Green.into(),
            ChangeKind::Gone | ChangeKind::New | ChangeKind::Changed => {
                anstyle::AnsiColor::Yellow.into()
            }
        }));
        let place = text::one_line(&place.join("  "));
        let what = text::one_line(&line.what);
        writeln!(out, "{style}{:>7}{style:#}  {place}  {what}", line.kind.to_string())?;
    }
    let count = |kind| changes.iter().filter(|change| change.kind == kind).count();
    let counts = ChangeKind::ALL.iter().map(|kind| (count(*kind), kind));
    let counts: Vec<_> = counts.map(|(count, kind)| format!("{count} {kind}")).collect();
    writeln!(out, "{}", counts.join(", "))
}
