//! Reports of one run, one module per format.

mod github;
pub(crate) mod human;
pub(crate) mod json;
mod junit;
pub(crate) mod probes;
mod program;
mod source;
mod tap;

use std::io::{self, Write};

use crate::error::Error;
use crate::files;
use crate::files::{Outputs, guarded};
use crate::run::results::Finished;
use crate::table::matrix::Matrix;
use crate::table::view::{self, View};
use crate::values::{Format, TableFormat};

/// Writes a report of the run in the given format.
pub(crate) fn write(run: &Finished<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    guarded(|| match format {
        Format::Human => human::write(run, out),
        Format::Json => json::write(run, out),
        Format::Junit => junit::write(run, out),
        Format::Tap => tap::write(run, out),
        Format::Github => github::write(run, out),
        Format::Markdown => table(run, TableFormat::Markdown, out),
        Format::Html => table(run, TableFormat::Html, out),
    })
}

/// Returns the format of a table that contains what a report in the given format contains.
pub(crate) fn table_format(format: Format) -> Option<TableFormat> {
    match format {
        Format::Json => Some(TableFormat::Json),
        Format::Markdown => Some(TableFormat::Markdown),
        Format::Html => Some(TableFormat::Html),
        Format::Human | Format::Junit | Format::Tap | Format::Github => None,
    }
}

/// Returns true if a report in the given format shows the output of cases that pass.
pub(crate) fn shows_passed_output(format: Format) -> bool {
    match format {
        Format::Json | Format::Junit | Format::Html => true,
        Format::Human | Format::Tap | Format::Github | Format::Markdown => false,
    }
}

/// Writes a run as a matrix of one row.
fn table(run: &Finished<'_>, format: TableFormat, out: &mut dyn Write) -> io::Result<()> {
    // Only the HTML page shows the output of the cases.
    let report = match format {
        TableFormat::Html => json::for_page(run)?,
        _ => json::without_output(run),
    };
    let matrix = Matrix::of(report, &program::name(run));
    view::write(&View { matrix: &matrix, changes: None }, format, out)
}

/// Writes every report that goes to a file, and returns the errors.
///
/// A failed write does not stop the writing of the other reports. A run that reports in GitHub's
/// format, on standard output or in a file, also gets a summary.
pub(crate) fn write_all(
    run: &Finished<'_>,
    printed: Format,
    outputs: &Outputs<Format>,
) -> Vec<Error> {
    let mut errors = outputs.write(|format, out| write(run, format, out));
    if printed == Format::Github || outputs.formats().any(|format| format == Format::Github) {
        if let Some(path) = github::summary_path() {
            let appended = files::append(&path, |out| github::write_summary(run, out));
            errors.extend(appended.map_err(|error| files::failed(&path, &error)).err());
        }
    }
    errors
}
