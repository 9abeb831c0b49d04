//! Holds what differs on Windows.

use std::path::Path;
use std::{fs, io};

use crate::wine;

pub(in crate::spawn) const HAS_CORE_FILES: bool = false;

/// Returns true if this system is emulated and executes programs of its own kind without a runner
/// command. Wine is such a system.
pub(in crate::spawn) fn runs_programs_itself() -> bool {
    wine::version().is_some()
}

/// Returns true if the system could not start a program because of the format of its file.
pub(in crate::spawn) fn is_wrong_format(error: &io::Error) -> bool {
    const ERROR_BAD_EXE_FORMAT: i32 = 193;
    const ERROR_EXE_MACHINE_TYPE_MISMATCH: i32 = 216;
    matches!(error.raw_os_error(), Some(ERROR_BAD_EXE_FORMAT | ERROR_EXE_MACHINE_TYPE_MISMATCH))
}

/// Identity of a directory. Windows refuses to remove or replace a directory that a process works
/// in, so the path alone identifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spawn) struct Identity;

/// Returns the identity of the directory at `path`.
pub(in crate::spawn) fn identity(path: &Path) -> io::Result<Identity> {
    fs::symlink_metadata(path).map(|_| Identity)
}

/// Removes the directory at `path` with everything in it. A `path` that does not exist is no error.
pub(in crate::spawn) fn remove_tree(path: &Path, _made: Identity) -> io::Result<()> {
    let removed = fs::remove_dir(path).or_else(|_| fs::remove_dir_all(path));
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
