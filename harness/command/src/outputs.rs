//! Where reports go: standard output, and any number of files.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;

use super::args::{Format, TableFormat};
use super::results::Finished;
use super::table::{self, Matrix, View};
use super::{Error, github, human, json, junit, tap};

/// A report for a file, as `-o FORMAT=FILE` asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileOutput<F> {
    pub(super) format: F,
    pub(super) path: PathBuf,
}

impl<F: ValueEnum> FromStr for FileOutput<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || "expected FORMAT=FILE, such as json=report.json".to_owned();
        let (format, path) = text.split_once('=').ok_or_else(bad)?;
        let format = F::from_str(format, false).map_err(|_| {
            let names = F::value_variants().iter().filter_map(F::to_possible_value);
            let names: Vec<_> = names.map(|value| value.get_name().to_owned()).collect();
            format!("`{format}` is none of the formats {}", names.join(", "))
        })?;
        if path.is_empty() { Err(bad()) } else { Ok(Self { format, path: path.into() }) }
    }
}

/// Refuses two reports for one file, of which only the second would be left.
pub(super) fn check<F>(outputs: &[FileOutput<F>]) -> Result<(), Error> {
    for (index, FileOutput { path, .. }) in outputs.iter().enumerate() {
        if outputs[..index].iter().any(|other| other.path == *path) {
            let path = path.display();
            return Err(Error::usage(format!("failed to write `{path}`: it is named twice")));
        }
    }
    Ok(())
}

/// Writes a report of this format.
pub(super) fn write(run: &Finished<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(run, out),
        Format::Json => json::write(&json::report(run), out),
        Format::Junit => junit::write(run, out),
        Format::Tap => tap::write(run, out),
        Format::Github => github::write(run, out),
        Format::Markdown => table(run, TableFormat::Markdown, out),
        Format::Html => table(run, TableFormat::Html, out),
    }
}

/// Writes a run as a matrix of one row.
fn table(run: &Finished<'_>, format: TableFormat, out: &mut dyn Write) -> io::Result<()> {
    let program = run.plan.suite.program.path.file_name().unwrap_or_default();
    let matrix = Matrix::of(json::report(run), &program.to_string_lossy());
    table::write(&View { matrix: &matrix, changes: None }, format, out)
}

/// Writes every report that is no standard output. One that cannot be written keeps no other from it.
pub(super) fn write_all(
    run: &Finished<'_>,
    printed: Format,
    outputs: &[FileOutput<Format>],
) -> Vec<Error> {
    let mut errors = write_files(outputs, |format, out| write(run, format, out));
    let is_github = |output: &FileOutput<_>| output.format == Format::Github;
    if printed == Format::Github || outputs.iter().any(is_github) {
        if let Some(path) = github::summary_path() {
            let appended = append(&path, |out| github::write_summary(run, out));
            errors.extend(appended.map_err(|error| failed(&path, &error)).err());
        }
    }
    errors
}

/// Writes a report to each file. One that cannot be written keeps no other from it.
pub(super) fn write_files<F: Copy>(
    outputs: &[FileOutput<F>],
    write: impl Fn(F, &mut dyn Write) -> io::Result<()>,
) -> Vec<Error> {
    let write = |FileOutput { format, path }: &FileOutput<F>| {
        let written = replace(path, |out| write(*format, out));
        written.map_err(|error| failed(path, &error)).err()
    };
    outputs.iter().filter_map(write).collect()
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::usage(format!("failed to write `{}`: {error}", path.display()))
}

/// Writes a file so that its reader finds either what was there before or all of what is new.
fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // What a link points to is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        // A pipe or a device such as /dev/stdout: a file in its place would not be what was asked for.
        return flushed(File::options().write(true).open(&path)?, write).map(drop);
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Beside the file: elsewhere it could be on another file system. Made by `File`, since a report is no secret: who may
    // read it is for the user's mask to say.
    let prefix = [OsString::from("."), name.to_owned(), OsString::from(".")].into_iter();
    let temporary = tempfile::Builder::new()
        .prefix(&prefix.collect::<OsString>())
        .make_in(folder, |path| File::create_new(path))
        .map_err(plain)?;
    let (file, temporary) = temporary.into_parts();
    flushed(file, write)?;
    temporary.persist(&path).map_err(|error| error.error)
}

fn append(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    flushed(File::options().append(true).create(true).open(path)?, write).map(drop)
}

fn flushed(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush()
}

/// Returns the error without the name of the temporary file, which nobody asked for.
fn plain(error: io::Error) -> io::Error {
    let cause = error.get_ref().and_then(|inner| inner.source()?.downcast_ref::<io::Error>());
    cause.and_then(io::Error::raw_os_error).map_or(error, io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_a_format_and_a_file() {
        let expected = FileOutput { format: Format::Junit, path: "a=b.xml".into() };
        assert_eq!("junit=a=b.xml".parse(), Ok(expected));
        for text in ["", "junit", "junit=", "=a", "xml=a", "JUNIT=a"] {
            assert!(text.parse::<FileOutput<Format>>().is_err(), "{text}");
        }
    }
}
