//! What holds on Windows.

use std::io;
use std::path::Path;

use crate::wine;

pub(in crate::spawn) const HAS_CORE_FILES: bool = false;

/// Returns whether this is an emulated system that starts programs of its kind without the emulator being named again.
pub(in crate::spawn) fn runs_programs_itself() -> bool {
    wine::version().is_some()
}

/// Windows lets an owner remove what the permissions of Unix would protect.
pub(in crate::spawn) fn give_access(_directory: &Path) -> io::Result<()> {
    Ok(())
}
