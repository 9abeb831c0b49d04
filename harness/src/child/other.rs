//! Provides the system-dependent functions of a child on a system that is neither Unix nor Windows.

pub(super) fn settle() {}

pub(super) fn facts() -> Vec<(&'static str, String)> {
    Vec::new()
}

pub(super) fn emulator() -> Option<String> {
    None
}
