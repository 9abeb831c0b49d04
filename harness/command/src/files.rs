//! Writes report files. A reader of a report file never sees a half-written report.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::error::Error;
use crate::values::FileOutput;

/// Refuses two outputs with the same path, because the second report would replace the first.
pub(crate) fn check<F>(outputs: &[FileOutput<F>]) -> Result<(), Error> {
    for (index, FileOutput { path, .. }) in outputs.iter().enumerate() {
        if outputs[..index].iter().any(|other| other.path == *path) {
            let path = path.display();
            return Err(Error::usage(format!(
                "failed to write `{path}`: two outputs name this file"
            )));
        }
    }
    Ok(())
}

/// Writes a report to each file, and returns the errors. A failed write does not stop the writing
/// of the other files.
pub(crate) fn write_files<F: Copy>(
    outputs: &[FileOutput<F>],
    write: impl Fn(F, &mut dyn Write) -> io::Result<()>,
) -> Vec<Error> {
    let write = |FileOutput { format, path }: &FileOutput<F>| {
        let written = replace(path, |out| write(*format, out));
        written.map_err(|error| failed(path, &error)).err()
    };
    outputs.iter().filter_map(write).collect()
}

pub(crate) fn failed(path: &Path, error: &io::Error) -> Error {
    Error::usage(format!("failed to write `{}`: {error}", path.display()))
}

/// Replaces a file in one step: a reader finds either the whole old file or the whole new one.
fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // If `path` is a symbolic link, this replaces the file that the link points to, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        // A pipe, or a device such as /dev/stdout, is written directly and not replaced by a file.
        return flushed(File::options().write(true).open(&path)?, write).map(drop);
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // The temporary file is in the report's folder, since a rename works within one file system
    // only. `File::create_new` gives the temporary file the permissions that the user's umask
    // allows. tempfile's own function would make the file readable only by its owner.
    let prefix = [OsString::from("."), name.to_owned(), OsString::from(".")].into_iter();
    let temporary = tempfile::Builder::new()
        .prefix(&prefix.collect::<OsString>())
        .make_in(folder, |path| File::create_new(path))
        .map_err(plain)?;
    let (file, temporary) = temporary.into_parts();
    flushed(file, write)?;
    temporary.persist(&path).map_err(|error| error.error)
}

/// Appends to a file, and creates it if it does not exist.
pub(crate) fn append(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    flushed(File::options().append(true).create(true).open(path)?, write).map(drop)
}

fn flushed(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush()
}

/// Returns the error without the name of the temporary file, which means nothing to the user.
fn plain(error: io::Error) -> io::Error {
    let cause = error.get_ref().and_then(|inner| inner.source()?.downcast_ref::<io::Error>());
    cause.and_then(io::Error::raw_os_error).map_or(error, io::Error::from_raw_os_error)
}
