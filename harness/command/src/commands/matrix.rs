//! `cargo testprog matrix`: builds and runs the rows of a matrix file one after another, and
//! reports them.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use testprog_harness::text;

use crate::args::MatrixArgs;
use crate::document::VerdictField;
use crate::error::{Error, NOTHING_RAN, SUCCESS, UNRESOLVED};
use crate::files::Outputs;
use crate::matrix::file;
use crate::matrix::row::Row;
use crate::matrix::rows::of_row;
use crate::matrix::tools::Missing;
use crate::table::changes::changes;
use crate::table::matrix::{self, Matrix, State};
use crate::table::read::read;
use crate::table::view::{View, print_and_write};
use crate::values::Shard;
use crate::{config, time};

pub(crate) fn matrix(args: &MatrixArgs) -> Result<u8, Error> {
    let outputs = Outputs::find(&args.print.outputs)?.check()?;
    let baseline = args.baseline.as_deref().map(read).transpose()?;
    let (path, words) = match args.words.split_first() {
        Some((first, rest)) if Path::new(first).extension().is_some_and(|end| end == "toml") => {
            (Some(Path::new(first)), rest)
        }
        _ => (None, &*args.words),
    };
    let path = file::find(path)?;
    let read_files = [Some(&*path), args.baseline.as_deref()];
    outputs.spare(read_files.into_iter().chain([config::find().as_deref()]).flatten())?;
    let file = file::read(&path)?;
    let rows = choose(&file.rows, words, args.exact, &path)?;
    if args.install {
        return print_installation(&rows, &file.install, &path);
    }
    let started = time::rfc3339(SystemTime::now());
    let mut ended = Vec::new();
    for (number, row) in (1..).zip(&rows) {
        let name = text::one_line(&row.name);
        tell(&format!("[{number}/{}] {name}", rows.len()));
        let row = of_row(row, &file.install, args);
        tell(&format!("    {}", summary(&row)));
        ended.push(row);
    }
    let mut matrix = Matrix::new(started, ended);
    matrix.label(args.print.title.as_deref(), args.print.link.as_deref());
    let changes = baseline.map(|baseline| changes(&baseline.matrix, &matrix));
    let is_shard = args.shard.is_some();
    let view = View { matrix: &matrix, is_shard, changes, whole: &matrix::as_it_is };
    print_and_write(&view, args.print.format, &outputs)?;
    match view.status() {
        status @ (SUCCESS | NOTHING_RAN) => check_rows(&matrix, &rows, args.shard).map(|()| status),
        status => Ok(status),
    }
}

/// Prints the commands that install the tools which the matrix rows need and this computer lacks.
fn print_installation(rows: &[&Row], install: &str, path: &Path) -> Result<u8, Error> {
    let missing = Missing::of(rows.iter().copied(), install);
    let mut out = io::stdout().lock();
    for command in missing.commands() {
        writeln!(out, "{}", text::one_line(&command)).map_err(|error| Error::write(&error))?;
    }
    match missing.unknown.first() {
        None => Ok(SUCCESS),
        Some(tool) => Err(Error {
            status: UNRESOLVED,
            message: format!(
                "failed to find `{}`: `{}` does not say how to install it",
                text::one_line(tool),
                text::one_line(&path.display().to_string())
            ),
        }),
    }
}

/// Returns the matrix rows whose name contains one of `words` or, if `is_exact` is true, is equal
/// to one of `words`. If `words` is empty, returns all rows.
fn choose<'a>(
    rows: &'a [Row],
    words: &[String],
    is_exact: bool,
    path: &Path,
) -> Result<Vec<&'a Row>, Error> {
    let matches = |row: &Row, word: &String| {
        if is_exact { row.name == *word } else { row.name.contains(word.as_str()) }
    };
    if let Some(word) = words.iter().find(|word| !rows.iter().any(|row| matches(row, word))) {
        let names: Vec<_> = rows.iter().map(|row| format!("`{}`", row.name)).collect();
        let names = text::one_line(&names.join(", "));
        let path = path.display();
        return Err(Error::usage(format!(
            "failed to find `{word}`: no row of `{path}` has {}; the rows are {names}",
            if is_exact { "this name" } else { "a name that contains it" }
        )));
    }
    let is_chosen = |row: &&Row| words.is_empty() || words.iter().any(|word| matches(row, word));
    Ok(rows.iter().filter(is_chosen).collect())
}

/// Returns a short description of a matrix row's result: the counts of verdicts, or why the row has
/// no result.
fn summary(row: &matrix::Row) -> String {
    let reason = || text::one_line(row.reason.as_deref().unwrap_or_default());
    let Some(report) = &row.report else {
        let state = if row.state == State::NotRun { "not run" } else { "failed" };
        return format!("{state}: {}", reason());
    };
    let counts = VerdictField::ALL.iter().filter_map(|verdict| {
        let count = report.counts.get(verdict.id()).filter(|count| **count > 0)?;
        Some(format!("{count} {}", verdict.id().replace('_', " ")))
    });
    let wall = Duration::try_from_secs_f64(report.wall_ms / 1e3).unwrap_or_default();
    format!("{} in {}", counts.collect::<Vec<_>>().join(", "), text::seconds(wall))
}

/// Returns an error if a matrix row was not run, unless the row's keys or the shard allow it.
fn check_rows(matrix: &Matrix, rows: &[&Row], shard: Option<Shard>) -> Result<(), Error> {
    let is_elsewhere = |row: &Row| row.cc.is_some() && shard.is_some_and(|shard| shard.index > 1);
    let is_refused = |(row, ended): &(&&Row, &matrix::Row)| {
        ended.state == State::NotRun && !row.allow_missing_tools && !is_elsewhere(row)
    };
    match rows.iter().zip(&matrix.rows).filter(is_refused).count() {
        0 => Ok(()),
        refused => Err(Error {
            status: UNRESOLVED,
            message: format!(
                "failed to run {refused} of {} rows: the report says why; only a row with \
                 `allow-missing-tools = true` may be left out",
                rows.len()
            ),
        }),
    }
}

/// Prints a line about the progress of the matrix on standard error.
fn tell(line: &str) {
    // If standard error is closed, nobody reads the progress, so the error is ignored.
    let _ = writeln!(io::stderr(), "{line}");
}
