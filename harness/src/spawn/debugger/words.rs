//! What the command lines of all debuggers share.

use std::ffi::OsString;

/// More frames than this are a recursion without end.
pub(super) const MOST_FRAMES: u32 = 64;

pub(super) fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
