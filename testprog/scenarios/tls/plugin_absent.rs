//! Stands in for the plugin on targets for which the build script makes no plugin.

use std::ffi::{c_char, c_int};

use testprog_harness::Capability;

/// Capability of the build script to make the plugin for the target.
pub(in crate::scenarios) const PLUGIN: Capability =
    Capability::Custom { name: "plugin", missing: |_| MISSING };
/// Reason why this child has no plugin.
pub(super) const MISSING: Option<&str> =
    Some("the build script makes a plugin only for Linux with a shared glibc");

/// Fails, because this child has no plugin.
///
/// # Errors
///
/// Always fails.
pub(in crate::scenarios) fn with_path(
    _run: impl FnOnce(*const c_char) -> c_int,
) -> Result<(), String> {
    Err("this target has no plugin".to_owned())
}

/// Fails, because this child has no plugin.
///
/// # Errors
///
/// Always fails.
pub(in crate::scenarios) fn with_paths(
    _run: impl FnOnce(*const c_char, *const c_char) -> c_int,
) -> Result<(), String> {
    Err("this target has no plugin".to_owned())
}
