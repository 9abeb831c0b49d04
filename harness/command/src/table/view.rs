//! A matrix with what it is compared with, in each format.

use std::io::{self, Write};

use super::changes::{self, Change};
use super::matrix::Matrix;
use super::{human, markdown, page};
use crate::args::TableArgs;
use crate::error::{Error, FAILED};
use crate::values::TableFormat;
use crate::{document, files};

/// A matrix and what there is to compare it with.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) matrix: &'a Matrix,
    /// What changed since a baseline, if there is one.
    pub(crate) changes: Option<Vec<Change>>,
}

impl View<'_> {
    /// Returns the exit status: that of the matrix, or that something got worse.
    pub(crate) fn status(&self) -> u8 {
        match &self.changes {
            Some(changes) if changes::got_worse(changes) => FAILED,
            _ => self.matrix.status(),
        }
    }
}

/// Writes what is asked for: to standard output, and to files.
pub(crate) fn print_and_write(view: &View<'_>, args: &TableArgs) -> Result<(), Error> {
    let printed = print(view, args.format).map_err(|error| Error::write(&error)).err();
    let write = |format, out: &mut dyn Write| write(view, format, out);
    let errors = printed.into_iter().chain(files::write_files(&args.outputs, write));
    Error::all(errors).map_or(Ok(()), Err)
}

/// Writes to standard output, as wide as the terminal is.
fn print(view: &View<'_>, format: TableFormat) -> io::Result<()> {
    let width = human::terminal_width().unwrap_or(human::WIDTH);
    match anstream::AutoStream::choice(&io::stdout()) {
        anstream::ColorChoice::Never => write_plain(view, format, width, &mut io::stdout().lock()),
        _ if format != TableFormat::Human => write(view, format, &mut io::stdout().lock()),
        _ => human::write(
            view.matrix,
            view.changes.as_deref(),
            width,
            &mut anstream::stdout().lock(),
        ),
    }
}

/// Writes what is for a file.
pub(crate) fn write(view: &View<'_>, format: TableFormat, out: &mut dyn Write) -> io::Result<()> {
    write_plain(view, format, human::WIDTH, out)
}

/// Writes without colors.
fn write_plain(
    view: &View<'_>,
    format: TableFormat,
    width: u16,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        TableFormat::Human => {
            let mut plain = anstream::StripStream::new(Vec::new());
            human::write(view.matrix, view.changes.as_deref(), width, &mut plain)?;
            // A cell is padded to the width of its column.
            String::from_utf8_lossy(&plain.into_inner())
                .lines()
                .try_for_each(|line| writeln!(out, "{}", line.trim_end()))
        }
        TableFormat::Json => document::write(view.matrix, out),
        TableFormat::Markdown => markdown::write(view.matrix, view.changes.as_deref(), out),
        TableFormat::Html => page::write(view.matrix, view.changes.as_deref(), out),
    }
}
