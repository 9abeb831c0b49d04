//! Replaces a file in one step, or overwrites the file if the system does not allow a replacement.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Replaces a file in one step, so that a reader finds either the whole old file or the whole new
/// file.
pub(super) fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let (mut file, temporary) = match temporary(path) {
        Ok(temporary) => temporary.into_parts(),
        // The directory allows no new file, so overwrite the old file.
        Err(_) if is_writable(path) => {
            return flushed(File::options().write(true).truncate(true).open(path)?, write);
        }
        Err(error) => return Err(error),
    };
    flushed(&mut file, write)?;
    match temporary.persist(path) {
        Ok(()) => Ok(()),
        // A mounted file, such as a container's volume, cannot be replaced (EBUSY), so overwrite
        // the file.
        Err(error) if is_writable(path) => fs::copy(&error.path, path).map(drop),
        Err(error) => Err(error.error),
    }
}

/// Creates a temporary file in the report's folder, since a rename works within one file system
/// only.
pub(super) fn temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let prefix = [OsString::from("."), name.to_owned(), OsString::from(".")].into_iter();
    // `File::create_new` gives the file the permissions that the user's umask allows. tempfile's
    // own function would make the file readable only for its owner.
    tempfile::Builder::new()
        .prefix(&prefix.collect::<OsString>())
        .make_in(folder, |path| File::create_new(path))
        .map_err(plain)
}

/// Returns true if `path` is a regular file that this process may write.
pub(super) fn is_writable(path: &Path) -> bool {
    path.is_file() && File::options().append(true).open(path).is_ok()
}

/// Calls `write` with a buffer for `out`, and writes out the buffer.
pub(super) fn flushed(
    out: impl Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    /// Size of the buffer, in bytes: the capacity of a pipe on Linux (pipe(7)).
    const BUFFER: usize = 64 << 10;
    let mut out = BufWriter::with_capacity(BUFFER, out);
    write(&mut out)?;
    out.flush()
}

/// Returns the error without the name of the temporary file, which means nothing to the user.
fn plain(error: io::Error) -> io::Error {
    let cause = error.get_ref().and_then(|inner| inner.source()?.downcast_ref::<io::Error>());
    cause.and_then(io::Error::raw_os_error).map_or(error, io::Error::from_raw_os_error)
}
