//! Writing reports to files: whole, or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::error::Error;
use crate::values::FileOutput;

/// Refuses two reports for one file, of which only the second would be left.
pub(crate) fn check<F>(outputs: &[FileOutput<F>]) -> Result<(), Error> {
    for (index, FileOutput { path, .. }) in outputs.iter().enumerate() {
        if outputs[..index].iter().any(|other| other.path == *path) {
            let path = path.display();
            return Err(Error::usage(format!("failed to write `{path}`: it is named twice")));
        }
    }
    Ok(())
}

/// Writes a report to each file. One that cannot be written keeps no other from it.
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

/// Returns the error without the name of the temporary file, which nobody asked for.
fn plain(error: io::Error) -> io::Error {
    let cause = error.get_ref().and_then(|inner| inner.source()?.downcast_ref::<io::Error>());
    cause.and_then(io::Error::raw_os_error).map_or(error, io::Error::from_raw_os_error)
}
