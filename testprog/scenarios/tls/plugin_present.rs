//! The plugin, a shared object that scenarios load by `dlopen`.

use std::ffi::{CString, c_char, c_int};
use std::{env, fs};

use testprog_harness::Capability;

use crate::csrc;
use crate::runtime;

/// Capability of the build script to make the plugin for the target.
pub(super) const PLUGIN: Capability = Capability::Custom { name: "plugin", missing: |_| MISSING };
/// Reason why this child has no plugin: `None`, because this child has a plugin.
pub(super) const MISSING: Option<&str> = None;

/// The shared object that the build script has made from `csrc/plugin/plugin.c`.
const CONTENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plugin.so"));

/// Writes the plugin to a file in the working directory, calls `run` with the path of the file, and
/// removes the file.
///
/// # Errors
///
/// Fails if the file cannot be written or removed, or if `run` returns an error.
pub(super) fn with_path(run: impl FnOnce(*const c_char) -> c_int) -> Result<(), String> {
    let directory = env::current_dir().map_err(|error| error.to_string())?;
    let path = directory.join(format!("plugin-{}.so", std::process::id()));
    let failed = |error| format!("failed to write `{}`: {error}", path.display());
    fs::write(&path, CONTENT).map_err(failed)?;
    let text = CString::new(path.as_os_str().as_encoded_bytes());
    let text = text.expect("a path contains no zero byte");
    let code = runtime::call_c(|| run(text.as_ptr()));
    let removed = fs::remove_file(&path);
    csrc::done(code)?;
    removed.map_err(|error| format!("failed to remove `{}`: {error}", path.display()))
}
