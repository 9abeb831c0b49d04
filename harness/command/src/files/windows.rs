//! Writes to pipes and devices on Windows.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Identity of a file. On Windows, stable Rust cannot read a file's identity, so only paths are
/// compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {}

impl Identity {
    pub(super) fn of(_found: &Metadata) -> Option<Self> {
        None
    }
}

/// Returns `None` for both streams, because stable Rust cannot read the identities of their files.
pub(super) fn own_streams() -> [Option<Identity>; 2] {
    [None; 2]
}

pub(super) fn too_many_links() -> io::Error {
    io::Error::other("too many symbolic links")
}

/// Returns the options unchanged, because no option is needed on Windows.
pub(super) fn without_blocking(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Opens a pipe or a device for writing.
pub(super) fn open_device(path: &Path) -> io::Result<File> {
    File::options().write(true).open(path)
}
