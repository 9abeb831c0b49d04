//! Contains the functions and constants that build both gdb's and lldb's command lines.

use std::ffi::OsString;

/// Maximum number of stack frames to print, because an endless recursion has too many frames for a
/// report.
pub(super) const MOST_FRAMES: u32 = 64;

pub(super) fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
