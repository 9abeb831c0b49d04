//! Holds the directory and the core file that a child left behind.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{error, fmt, fs};

use super::scratch::Scratch;

/// Directory and core file of a child, if
/// [`Options::keep_directory`](crate::spawn::Options::keep_directory) and
/// [`Options::core_file`](crate::spawn::Options::core_file) request them.
///
/// Dropping the last clone removes the directory unless [`keep_directory`](Self::keep_directory)
/// was called, and the core file unless [`keep_core_file`](Self::keep_core_file) was called.
#[derive(Clone, Debug, Default)]
pub struct Artifacts(Option<Arc<Things>>);

#[derive(Debug)]
struct Things {
    directory: Option<Scratch>,
    core_file: Option<Result<PathBuf, NoCoreFile>>,
    keep_directory: AtomicBool,
    keep_core_file: AtomicBool,
}

impl Artifacts {
    pub(super) fn new(
        directory: Option<Scratch>,
        core_file: Option<Result<PathBuf, String>>,
    ) -> Self {
        let things = Things {
            directory,
            core_file: core_file.map(|found| found.map_err(NoCoreFile)),
            keep_directory: AtomicBool::new(false),
            keep_core_file: AtomicBool::new(false),
        };
        Self(Some(Arc::new(things)))
    }

    /// Removes the directory and the core file, except those that the arguments keep. Has no effect
    /// if the artifacts have other clones.
    pub(crate) fn retain(&mut self, directory: bool, core_file: bool) {
        let Some(things) = self.0.as_mut().and_then(Arc::get_mut) else { return };
        if !directory {
            things.directory = None;
        }
        if let Some(Ok(path)) = things.core_file.take_if(|_| !core_file) {
            // The error is ignored, because no report names the core file.
            let _ = fs::remove_file(path);
        }
    }

    /// Returns the child's directory, or `None` if the directory was empty at the child's end or
    /// the options did not request it.
    pub fn directory(&self) -> Option<&Path> {
        Some(self.0.as_ref()?.directory.as_ref()?.path())
    }

    /// Returns the core file of a child that was killed by a signal, or the reason why there is no
    /// core file. Returns `None` if the options did not request a core file or if no
    /// signal killed the child.
    pub fn core_file(&self) -> Option<Result<&Path, &NoCoreFile>> {
        Some(self.0.as_ref()?.core_file.as_ref()?.as_deref())
    }

    /// Keeps the directory from being removed when the last clone of these artifacts is dropped.
    pub fn keep_directory(&self) {
        self.0.iter().for_each(|things| things.keep_directory.store(true, Ordering::Relaxed));
    }

    /// Keeps the core file from being removed when the last clone of these artifacts is dropped.
    pub fn keep_core_file(&self) {
        self.0.iter().for_each(|things| things.keep_core_file.store(true, Ordering::Relaxed));
    }
}

/// Reason why a child that was killed by a signal left no core file, as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCoreFile(String);

impl fmt::Display for NoCoreFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for NoCoreFile {}

impl Drop for Things {
    fn drop(&mut self) {
        if let (true, Some(directory)) = (*self.keep_directory.get_mut(), &mut self.directory) {
            directory.keep();
        }
        if let (false, Some(Ok(path))) = (*self.keep_core_file.get_mut(), &self.core_file) {
            // The error is ignored because `drop` cannot return it.
            let _ = fs::remove_file(path);
        }
    }
}
