//! What holds on Unix.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

pub(in crate::spawn) const HAS_CORE_FILES: bool = true;

/// Returns whether this is an emulated system that starts programs of its kind without the emulator being named again.
/// A user-mode emulator passes `execve` through to the host, so it must be named.
pub(in crate::spawn) fn runs_programs_itself() -> bool {
    false
}

/// Gives the owner of a directory access to it.
pub(in crate::spawn) fn give_access(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o700))
}
