//! What a child leaves behind in the file system.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, mem};

use super::scratch::Scratch;

/// The directory that a child worked in, as [`Options::keep_directory`](crate::spawn::Options::keep_directory) asks for it, and its
/// core file, as [`Options::core_file`](crate::spawn::Options::core_file) does.
///
/// Both are removed with the last copy of this, unless they are to be kept.
#[derive(Clone, Debug, Default)]
pub struct Artifacts(Option<Arc<Things>>);

#[derive(Debug)]
struct Things {
    directory: Option<Scratch>,
    core_file: Option<Result<PathBuf, String>>,
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
            core_file,
            keep_directory: AtomicBool::new(false),
            keep_core_file: AtomicBool::new(false),
        };
        Self(Some(Arc::new(things)))
    }

    /// Returns the directory, if there is something in it.
    pub fn directory(&self) -> Option<&Path> {
        Some(self.0.as_ref()?.directory.as_ref()?.path())
    }

    /// Returns the core file of a child that was killed by a signal, or why there is none.
    pub fn core_file(&self) -> Option<Result<&Path, &str>> {
        let core_file = self.0.as_ref()?.core_file.as_ref()?;
        Some(core_file.as_deref().map_err(String::as_str))
    }

    /// Has the directory stay when this is dropped.
    pub fn keep_directory(&self) {
        self.0.iter().for_each(|things| things.keep_directory.store(true, Ordering::Relaxed));
    }

    /// Has the core file stay when this is dropped.
    pub fn keep_core_file(&self) {
        self.0.iter().for_each(|things| things.keep_core_file.store(true, Ordering::Relaxed));
    }
}

impl Drop for Things {
    fn drop(&mut self) {
        if let (true, Some(directory)) = (*self.keep_directory.get_mut(), &mut self.directory) {
            directory.keep();
        }
        if let (false, Some(Ok(path))) = (*self.keep_core_file.get_mut(), &self.core_file) {
            // Nobody is left to be told.
            let _ = fs::remove_file(path);
        }
    }
}

impl Scratch {
    /// Has it stay.
    fn keep(&mut self) {
        mem::take(&mut self.path);
    }

    /// Returns whether there is something in it, or whether that cannot be known.
    pub(super) fn is_in_use(&self) -> bool {
        match fs::read_dir(&self.path) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        }
    }
}
