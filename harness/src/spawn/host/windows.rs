//! Holds what differs on Windows.

use std::io;
use std::path::Path;

use crate::wine;

pub(in crate::spawn) const HAS_CORE_FILES: bool = false;

/// Returns true if this system is emulated and executes programs of its own kind without a runner
/// command. This is true under Wine.
pub(in crate::spawn) fn runs_programs_itself() -> bool {
    wine::version().is_some()
}

/// Returns true if the system could not start a program because of the format of its file.
pub(in crate::spawn) fn is_wrong_format(error: &io::Error) -> bool {
    const ERROR_BAD_EXE_FORMAT: i32 = 193;
    const ERROR_EXE_MACHINE_TYPE_MISMATCH: i32 = 216;
    matches!(error.raw_os_error(), Some(ERROR_BAD_EXE_FORMAT | ERROR_EXE_MACHINE_TYPE_MISMATCH))
}

/// Does nothing: on Windows an owner can remove a directory whatever its permissions are.
pub(in crate::spawn) fn give_access(_directory: &Path) -> io::Result<()> {
    Ok(())
}
