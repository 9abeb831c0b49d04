//! Holds what the command lines of both debuggers share.

use std::ffi::OsString;

/// Maximum number of frames to print, because an endless recursion has far too many.
pub(super) const MOST_FRAMES: u32 = 64;

pub(super) fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
