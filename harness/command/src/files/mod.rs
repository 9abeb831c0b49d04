//! Writes report files. A report replaces its file in one step, if the file's directory allows a
//! new file.

mod place;
mod replace;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use std::fs::File;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use self::place::{Place, find};
use self::replace::{flushed, replace};
use crate::error::Error;
use crate::values::FileOutput;

/// Reports to write at the end of the run, each with the file or device to which its path leads.
#[derive(Debug)]
pub(crate) struct Outputs<F>(Vec<Output<F>>);

#[derive(Debug)]
struct Output<F> {
    format: F,
    /// Path as the user wrote it.
    path: PathBuf,
    place: Place,
}

impl<F: Copy> Outputs<F> {
    /// Finds the file or device to which each output's path leads.
    ///
    /// # Errors
    ///
    /// Returns an error if two outputs lead to the same file, or if an output leads to a file to
    /// which this process prints.
    pub(crate) fn find(outputs: &[FileOutput<F>]) -> Result<Self, Error> {
        let mut found: Vec<Output<F>> = Vec::new();
        for FileOutput { format, path } in outputs {
            let fail = |cause: &str| {
                Error::usage(format!("failed to write `{}`: {cause}", path.display()))
            };
            let place = find(path);
            if let Some(stream) = place.own_stream() {
                return Err(fail(&format!("the path leads to {stream}")));
            }
            if let Some(other) = found.iter().find(|other| other.place.is_same(&place)) {
                return Err(if other.path == *path {
                    fail("two outputs name this file")
                } else {
                    fail(&format!("the path leads to the same file as `{}`", other.path.display()))
                });
            }
            found.push(Output { format: *format, path: path.clone(), place });
        }
        Ok(Self(found))
    }

    /// Checks the outputs, so that an output that cannot be written is reported before a run
    /// instead of after the run.
    ///
    /// # Errors
    ///
    /// Returns an error if an output cannot be written, for example because its directory does not
    /// exist or allows no new file.
    pub(crate) fn check(self) -> Result<Self, Error> {
        let refused = self.0.iter().find_map(|output| match &output.place {
            Place::Nowhere { cause, .. } => Some(failed(&output.path, cause)),
            _ => None,
        });
        refused.map_or(Ok(self), Err)
    }

    /// Checks that no output leads to a file that the command reads, because the report would
    /// replace the file.
    ///
    /// # Errors
    ///
    /// Returns an error if an output leads to one of the files `inputs`.
    pub(crate) fn spare<'a>(
        &self,
        inputs: impl IntoIterator<Item = &'a Path>,
    ) -> Result<(), Error> {
        for input in inputs {
            if let Some(output) = self.0.iter().find(|output| output.place.is_input(input)) {
                return Err(Error::usage(format!(
                    "failed to write `{}`: the path leads to `{}`, which this command reads",
                    output.path.display(),
                    input.display()
                )));
            }
        }
        Ok(())
    }

    /// Returns the formats of the outputs.
    pub(crate) fn formats(&self) -> impl Iterator<Item = F> {
        self.0.iter().map(|output| output.format)
    }

    /// Writes a report to each output, and returns the errors. A failed write, or a writer that
    /// panics, does not stop the other reports.
    pub(crate) fn write(&self, write: impl Fn(F, &mut dyn Write) -> io::Result<()>) -> Vec<Error> {
        // A pipe may have to wait for its reader, so the files come first.
        let mut outputs: Vec<_> = self.0.iter().collect();
        outputs.sort_by_key(|output| !matches!(output.place, Place::File(_)));
        let write = |Output { format, path, place }: &Output<F>| {
            let written = guarded(|| put(place, |out| write(*format, out)));
            written.map_err(|error| failed(path, &error)).err()
        };
        outputs.into_iter().filter_map(write).collect()
    }
}

/// Calls `write`, and returns an error if `write` panics. The returned error refers to the panic's
/// message, which is already on standard error.
pub(crate) fn guarded(write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    // The writers share nothing that a panic could leave inconsistent.
    panic::catch_unwind(AssertUnwindSafe(write))
        .unwrap_or_else(|_| Err(io::Error::other("the runner panicked, see its message above")))
}

pub(crate) fn failed(path: &Path, error: &io::Error) -> Error {
    Error::usage(format!("failed to write `{}`: {error}", path.display()))
}

fn put(place: &Place, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    match place {
        Place::File(path) => replace(path, write),
        #[cfg(unix)]
        Place::Descriptor { number, .. } => {
            flushed(system::Patient::new(system::duplicate(*number)?), write)
        }
        Place::Device { path, .. } => flushed(system::open_device(path)?, write),
        Place::Nowhere { cause, .. } => Err(again(cause)),
    }
}

/// Calls `write` with a buffer for standard output, because standard output itself makes a system
/// call for each line.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    flushed(io::stdout().lock(), write)
}

/// Appends to a file, and creates the file if the file does not exist.
pub(crate) fn append(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let file = system::without_blocking(File::options().append(true).create(true)).open(path)?;
    guarded(|| flushed(file, write))
}

/// Returns a copy of an error.
fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
