//! Contains the functions for Windows whose implementation depends on the runner's operating
//! system.

use std::fs::File;
use std::path::Path;
use std::{fs, io};

use windows_sys::Win32::Foundation as foundation;

use crate::wine;

pub(in crate::spawn) const HAS_CORE_FILES: bool = false;

/// Exit status of a process that called `abort` of [Microsoft's C
/// runtime](https://learn.microsoft.com/cpp/c-runtime-library/reference/abort).
pub(in crate::spawn) const ABORT_STATUS: Option<i32> = Some(3);

/// Creates a new file for writing. On Windows, the file has the access rights of its directory.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    File::create_new(path)
}

/// Error codes with which a child's start can fail although the start may succeed after other
/// processes have exited.
pub(in crate::spawn) const LACKS: &[i32] = &[
    foundation::ERROR_TOO_MANY_OPEN_FILES as i32,
    foundation::ERROR_NOT_ENOUGH_MEMORY as i32,
    foundation::ERROR_OUTOFMEMORY as i32,
    foundation::ERROR_NO_SYSTEM_RESOURCES as i32,
    foundation::ERROR_COMMITMENT_LIMIT as i32,
];

/// Returns true if the runner runs in an emulator that also starts the runner's children, so that
/// the children need no runner command such as an emulator. Under Wine the result is true, because
/// a runner under Wine starts Windows programs itself.
pub(in crate::spawn) fn runs_programs_itself() -> bool {
    wine::version().is_some()
}

/// Returns true if `error` means that the system does not support the executable's file format.
pub(in crate::spawn) fn is_wrong_format(error: &io::Error) -> bool {
    const ERROR_BAD_EXE_FORMAT: i32 = 193;
    const ERROR_EXE_MACHINE_TYPE_MISMATCH: i32 = 216;
    matches!(error.raw_os_error(), Some(ERROR_BAD_EXE_FORMAT | ERROR_EXE_MACHINE_TYPE_MISMATCH))
}

/// Identity of a directory, which needs no data on Windows. Windows refuses to remove or replace a
/// directory that is a process's working directory, so the directory's path is enough to identify
/// the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spawn) struct Identity;

/// Returns the identity of the directory at `path`.
pub(in crate::spawn) fn identity(path: &Path) -> io::Result<Identity> {
    fs::symlink_metadata(path).map(|_| Identity)
}

/// Removes the directory at `path` and all of its entries. If no file exists at `path`, the
/// function returns `Ok`.
pub(in crate::spawn) fn remove_tree(path: &Path, _made: Identity) -> io::Result<()> {
    let removed = fs::remove_dir(path).or_else(|_| fs::remove_dir_all(path));
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
