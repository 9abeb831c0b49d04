//! Columns of the page's tables: the matrix rows that ran, grouped by system and C library.

use std::collections::BTreeMap;

use super::shared::text;
use crate::table::grid::Grid;
use crate::table::matrix::{Row, State};

/// One column: a row of the matrix that ran.
#[derive(Debug)]
pub(super) struct Column<'a> {
    /// Index of the column's row in the matrix. All reports show the rows in the order of this
    /// index, numbered from 1.
    pub(super) index: usize,
    pub(super) row: &'a Row,
    /// System and C library of the target, such as `linux-musl`; may be empty.
    pub(super) family: String,
    /// Name of the matrix row without the words that all columns of the family share.
    pub(super) label: String,
    /// Whether any case of the row was not accepted.
    pub(super) is_bad: bool,
    /// Position of an earlier column with the same target and C library in which every scenario
    /// ended in the same way.
    pub(super) like: Option<usize>,
}

impl Column<'_> {
    /// Returns the number of the matrix row, as all reports show it.
    pub(super) fn number(&self) -> usize {
        self.index + 1
    }
}

/// Returns the columns of the page's tables: one for each matrix row that ran. Columns of one
/// family are adjacent, and the families keep the order of the matrix.
pub(super) fn columns<'a>(grid: &Grid<'a>) -> Vec<Column<'a>> {
    let mut columns: Vec<_> = grid
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.state == State::Ran)
        .map(|(index, row)| Column {
            index,
            row,
            family: family(row),
            label: String::new(),
            is_bad: row.cases().iter().any(|case| !case.accepted),
            like: None,
        })
        .collect();
    let mut first = BTreeMap::new();
    for column in &columns {
        first.entry(column.family.clone()).or_insert(column.index);
    }
    columns.sort_by_key(|column| first[&column.family]);
    label(&mut columns);
    find_alike(grid, &mut columns);
    columns
}

/// Returns the system and C library of the row's target, or what follows the vendor in the target's
/// triple.
fn family(row: &Row) -> String {
    let Some(target) = row.report.as_ref().map(|report| &report.target) else {
        return String::new();
    };
    let known: Vec<_> =
        [&target.os, &target.libc].into_iter().flatten().map(|part| text(part)).collect();
    if !known.is_empty() {
        return known.join("-");
    }
    let triple = target.triple.as_deref().unwrap_or_default();
    text(triple.splitn(3, '-').nth(2).unwrap_or_default())
}

/// Splits a name into the words that [`label`] drops or keeps.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split([' ', '-']).filter(|word| !word.is_empty())
}

fn label(columns: &mut [Column<'_>]) {
    for family in columns.chunk_by_mut(|one, other| one.family == other.family) {
        let is_shared = |word: &str, family: &[Column<'_>]| {
            family.len() > 1
                && family.iter().all(|column| words(&column.row.name).any(|other| other == word))
        };
        let labels: Vec<_> = family
            .iter()
            .map(|column| {
                // The label keeps the first word of a name, which usually is the processor.
                let kept = words(&column.row.name).enumerate().filter(|(place, word)| {
                    *place == 0
                        || !matches!(*word, "unknown" | "pc")
                            && !words(&column.family)
                                .any(|known| known == *word || (known, *word) == ("glibc", "gnu"))
                            && !is_shared(word, family)
                });
                text(&kept.map(|(_, word)| word).collect::<Vec<_>>().join(" "))
            })
            .collect();
        family.iter_mut().zip(labels).for_each(|(column, label)| column.label = label);
    }
}

/// Sets [`Column::like`] of every column. Only columns of the same processor, system and C library
/// are compared, so two such columns are two builds for one target.
fn find_alike(grid: &Grid<'_>, columns: &mut [Column<'_>]) {
    let target = |column: &Column<'_>| {
        let target = column.row.report.as_ref().map(|report| &report.target)?;
        let arch = target.arch.as_ref().or(target.triple.as_ref())?;
        Some((
            column.family.clone(),
            arch.clone(),
            target.libc_version.clone(),
            target.emulator.clone(),
        ))
    };
    let targets: Vec<_> = columns.iter().map(target).collect();
    for later in 1..columns.len() {
        let alike = (0..later).find(|earlier| {
            targets[later].is_some()
                && columns[*earlier].like.is_none()
                && targets[*earlier] == targets[later]
                && ends_alike(grid, columns[*earlier].index, columns[later].index)
        });
        columns[later].like = alike;
    }
}

fn ends_alike(grid: &Grid<'_>, one: usize, other: usize) -> bool {
    grid.lines.iter().all(|line| match (line.cells[one], line.cells[other]) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            a.verdict == b.verdict
                && a.accepted == b.accepted
                && line.deviates(one) == line.deviates(other)
        }
        _ => false,
    })
}

/// Returns the numbers of matrix rows as text in which consecutive numbers are a range, such as
/// `1–7, 9`.
pub(super) fn ranges(mut numbers: Vec<usize>) -> String {
    numbers.sort_unstable();
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let words = runs.map(|run| match run {
        [] => String::new(),
        [one] => one.to_string(),
        [one, two] => format!("{one}, {two}"),
        [first, .., last] => format!("{first}–{last}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::join::join;
    use crate::table::read::tests::{run, source};

    /// Name and triple of a run, and the system and C library that the run reports.
    type Run<'a> = (&'a str, &'a str, Option<(&'a str, &'a str)>);

    /// Returns the family, the label and [`Column::like`] of each column.
    fn labels(runs: &[Run<'_>]) -> Vec<(String, String, Option<usize>)> {
        let runs = runs.iter().map(|(name, triple, system)| {
            let mut run = run(triple, &[("a", "pass")]);
            run["name"] = (*name).into();
            if let Some((os, libc)) = system {
                run["target"]["os"] = (*os).into();
                run["target"]["libc"] = (*libc).into();
            }
            source(name, &run)
        });
        let matrix = join(runs.collect()).unwrap();
        let grid = Grid::new(&matrix);
        let columns = columns(&grid);
        columns.into_iter().map(|column| (column.family, column.label, column.like)).collect()
    }

    #[test]
    fn columns_of_one_libc_are_adjacent_and_drop_what_they_share() {
        let gnu = Some(("linux", "gnu"));
        let x64 = "x86_64-unknown-linux-gnu";
        let shown = labels(&[
            (x64, x64, gnu),
            ("x86_64-unknown-linux-musl", "x86_64-unknown-linux-musl", Some(("linux", "musl"))),
            ("x86_64-unknown-linux-gnu release", x64, gnu),
            ("riscv64gc-unknown-linux-gnu", "riscv64gc-unknown-linux-gnu", gnu),
            ("x86_64-unknown-freebsd", "x86_64-unknown-freebsd", None),
        ]);
        let column = |family: &str, label: &str, like| (family.to_owned(), label.to_owned(), like);
        assert_eq!(
            shown,
            [
                column("linux-gnu", "x86_64", None),
                column("linux-gnu", "x86_64 release", Some(0)),
                column("linux-gnu", "riscv64gc", None),
                column("linux-musl", "x86_64", None),
                column("freebsd", "x86_64", None),
            ]
        );
    }

    #[test]
    fn numbers_that_follow_each_other_are_a_range() {
        assert_eq!(ranges(vec![9, 1, 2, 3, 5, 6, 11]), "1–3, 5, 6, 9, 11");
        assert_eq!(ranges(Vec::new()), "");
    }
}
