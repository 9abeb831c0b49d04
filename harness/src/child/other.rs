//! A child on a system that nothing is known of yet.

pub(super) fn settle() {}

pub(super) fn facts() -> Vec<(&'static str, String)> {
    Vec::new()
}

pub(super) fn emulator() -> Option<String> {
    None
}
