//! Holds what differs on Unix.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

pub(in crate::spawn) const HAS_CORE_FILES: bool = true;

/// Returns true if this system is emulated and executes programs of its own kind without a runner
/// command. On Unix this is false: user-mode emulation passes `execve` on to the host, so children
/// need the emulator's name.
pub(in crate::spawn) fn runs_programs_itself() -> bool {
    false
}

/// Returns true if the system could not start a program because of the format of its file.
pub(in crate::spawn) fn is_wrong_format(error: &io::Error) -> bool {
    const BAD_ARCHITECTURE_ON_APPLE: i32 = 86; // EBADARCH
    error.raw_os_error().is_some_and(|code| {
        code == libc::ENOEXEC
            || (cfg!(target_vendor = "apple") && code == BAD_ARCHITECTURE_ON_APPLE)
    })
}

/// Gives a directory's owner full access to it.
pub(in crate::spawn) fn give_access(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o700))
}
