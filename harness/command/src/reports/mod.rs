//! Reports of one run, one module per format.

mod github;
pub(crate) mod human;
pub(crate) mod json;
mod junit;
pub(crate) mod probes;
mod tap;

use std::io::{self, Write};

use crate::error::Error;
use crate::files::{Outputs, guarded};
use crate::run::results::Finished;
use crate::table::matrix::Matrix;
use crate::table::view::{self, View};
use crate::values::{Format, TableFormat};
use crate::{document, files};

/// Writes a report of the run in the given format.
pub(crate) fn write(run: &Finished<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    guarded(|| match format {
        Format::Human => human::write(run, out),
        Format::Json => document::write(&json::report(run), out),
        Format::Junit => junit::write(run, out),
        Format::Tap => tap::write(run, out),
        Format::Github => github::write(run, out),
        Format::Markdown => table(run, TableFormat::Markdown, out),
        Format::Html => table(run, TableFormat::Html, out),
    })
}

/// Writes a run as a matrix of one row.
fn table(run: &Finished<'_>, format: TableFormat, out: &mut dyn Write) -> io::Result<()> {
    let matrix = Matrix::of(json::report(run), &program_name(run));
    view::write(&View { matrix: &matrix, changes: None }, format, out)
}

/// Returns the program's file name, without `.exe` and without the hash that Cargo adds to the name of
/// a test executable. The hash changes with each dependency, which would break the history of a test.
fn program_name(run: &Finished<'_>) -> String {
    stable(&run.plan.suite.program.path.file_name().unwrap_or_default().to_string_lossy())
}

fn stable(name: &str) -> String {
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let is_hash = |text: &str| {
        text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    match name.rsplit_once('-') {
        Some((name, hash)) if is_hash(hash) && !name.is_empty() => name.to_owned(),
        _ => name.to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_has_no_hash_of_cargo() {
        for (name, stable_name) in [
            ("crash-e3402075c2606b67", "crash"),
            ("crash-e3402075c2606b67.exe", "crash"),
            ("a-b-0123456789abcdef", "a-b"),
            ("crash", "crash"),
            ("crash.exe", "crash"),
            ("crash-e3402075", "crash-e3402075"),
            ("crash-E3402075C2606B67", "crash-E3402075C2606B67"),
            ("-e3402075c2606b67", "-e3402075c2606b67"),
        ] {
            assert_eq!(stable(name), stable_name, "{name}");
        }
    }
}
