//! The plugin, a shared object that scenarios load by `dlopen`.

use std::ffi::{CString, c_char, c_int};
use std::path::PathBuf;
use std::{env, fs};

use testprog_harness::Capability;

use crate::csrc;
use crate::runtime;

/// Capability of the build script to make the plugin for the target.
pub(in crate::scenarios) const PLUGIN: Capability =
    Capability::Custom { name: "plugin", missing: |_| MISSING };
/// Reason why this child has no plugin: `None`, because this child has a plugin.
pub(super) const MISSING: Option<&str> = None;

/// The shared object that the build script has made from `csrc/plugin/plugin.c`.
const CONTENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plugin.so"));

/// The shared object that the build script has made from `csrc/plugin/fast_math.c`.
const FAST_MATH: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/fast_math.so"));

/// Writes the plugin to a file in the working directory, calls `run` with the path of the file, and
/// removes the file.
///
/// # Errors
///
/// Fails if the file cannot be written or removed, or if `run` returns an error.
pub(in crate::scenarios) fn with_path(
    run: impl FnOnce(*const c_char) -> c_int,
) -> Result<(), String> {
    let file = File::write("plugin", CONTENT)?;
    let code = runtime::call_c(|| run(file.name.as_ptr()));
    let removed = file.remove();
    csrc::done(code)?;
    removed
}

/// Writes the plugin and the shared object that was compiled with `-ffast-math` to files in the
/// working directory, calls `run` with the paths of the files, and removes the files.
///
/// # Errors
///
/// Fails if a file cannot be written or removed, or if `run` returns an error.
pub(in crate::scenarios) fn with_paths(
    run: impl FnOnce(*const c_char, *const c_char) -> c_int,
) -> Result<(), String> {
    let [plugin, fast] = [File::write("plugin", CONTENT)?, File::write("fast-math", FAST_MATH)?];
    let code = runtime::call_c(|| run(plugin.name.as_ptr(), fast.name.as_ptr()));
    let removed = plugin.remove().and(fast.remove());
    csrc::done(code)?;
    removed
}

/// A shared object in the working directory.
struct File {
    path: PathBuf,
    /// The path, for C code.
    name: CString,
}

impl File {
    fn write(stem: &str, content: &[u8]) -> Result<Self, String> {
        let directory = env::current_dir().map_err(|error| error.to_string())?;
        let path = directory.join(format!("{stem}-{}.so", std::process::id()));
        fs::write(&path, content)
            .map_err(|error| format!("failed to write `{}`: {error}", path.display()))?;
        let name = CString::new(path.as_os_str().as_encoded_bytes());
        Ok(Self { name: name.expect("a path contains no zero byte"), path })
    }

    fn remove(self) -> Result<(), String> {
        fs::remove_file(&self.path)
            .map_err(|error| format!("failed to remove `{}`: {error}", self.path.display()))
    }
}
