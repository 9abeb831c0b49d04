//! Prints a matrix, and its changes since a baseline, in every format.

use std::io::{self, Write};

use super::changes::{self, Change};
use super::matrix::{Matrix, Whole};
use super::{human, markdown, page};
use crate::document;
use crate::error::{Error, FAILED};
use crate::files::{self, Outputs, guarded};
use crate::values::TableFormat;

/// A matrix, and its changes since a baseline.
pub(crate) struct View<'a> {
    pub(crate) matrix: &'a Matrix,
    /// Whether the command itself ran the matrix, as one of several shards.
    pub(crate) is_shard: bool,
    /// Changes since the baseline, or `None` without `--baseline`.
    pub(crate) changes: Option<Vec<Change>>,
    /// Returns a case of the matrix with the case's output.
    pub(crate) whole: &'a Whole<'a>,
}

impl View<'_> {
    /// Returns [`FAILED`] if any change is for the worse, or else the exit status of the matrix.
    pub(crate) fn status(&self) -> u8 {
        match &self.changes {
            Some(changes) if changes::got_worse(changes) => FAILED,
            _ => self.matrix.status(self.is_shard),
        }
    }
}

/// Writes the requested formats to standard output and to files.
pub(crate) fn print_and_write(
    view: &View<'_>,
    format: TableFormat,
    outputs: &Outputs<TableFormat>,
) -> Result<(), Error> {
    let printed = guarded(|| print(view, format));
    let printed = printed.map_err(|error| Error::write(&error)).err();
    let write = |format, out: &mut dyn Write| write(view, format, out);
    let errors = printed.into_iter().chain(outputs.write(write));
    Error::all(errors).map_or(Ok(()), Err)
}

/// Writes the view to standard output, in the terminal's width.
fn print(view: &View<'_>, format: TableFormat) -> io::Result<()> {
    let width = human::terminal_width().unwrap_or(human::WIDTH);
    match anstream::AutoStream::choice(&io::stdout()) {
        anstream::ColorChoice::Never => write_plain(view, format, width, &mut io::stdout().lock()),
        _ if format != TableFormat::Human => files::print(|out| write(view, format, out)),
        _ => human::write(
            view.matrix,
            view.changes.as_deref(),
            width,
            &mut anstream::stdout().lock(),
        ),
    }
}

/// Writes the view for a file: without colors, and in a fixed width.
pub(crate) fn write(view: &View<'_>, format: TableFormat, out: &mut dyn Write) -> io::Result<()> {
    write_plain(view, format, human::WIDTH, out)
}

/// Writes the view without colors.
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
            // Cells are padded to the width of their column, so trailing spaces are cut.
            String::from_utf8_lossy(&plain.into_inner())
                .lines()
                .try_for_each(|line| writeln!(out, "{}", line.trim_end()))
        }
        TableFormat::Json => document::write(&view.matrix.lazy(view.whole), out),
        TableFormat::Markdown => markdown::write(view.matrix, view.changes.as_deref(), out),
        TableFormat::Html => page::write(view.matrix, view.changes.as_deref(), view.whole, out),
    }
}
