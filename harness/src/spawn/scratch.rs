//! The directory that a child works in.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, io, mem, process};

use super::error::Error;
use super::host;

/// An empty directory for one child.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) path: PathBuf,
}

impl Scratch {
    /// Finds a path for it that nobody else has, and calls `create` with it.
    pub(super) fn new(create: impl Fn(&Path) -> io::Result<()>) -> Result<Self, Error> {
        // A runner's process id and a count tell apart all directories of the runners alive; a leftover of a dead one
        // with the same id is passed over.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // The child sees it from another directory.
        let parent = std::path::absolute(env::temp_dir())
            .map_err(|error| Error::new("find", env::temp_dir(), error))?;
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("testprog-{}-{number}", process::id()));
            match create(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::new("create", path, error)),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it. Returns its path where that fails: a child may have left something that cannot be removed, or still be
    /// at it outside of the runner's reach, and that must not hide what it did.
    pub(super) fn remove(mut self) -> Option<PathBuf> {
        let path = mem::take(&mut self.path);
        remove_tree(&path).err().map(|_| path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // An earlier error is on its way to the caller and tells more than this one could.
            let _ = remove_tree(&self.path);
        }
    }
}

fn remove_tree(path: &Path) -> io::Result<()> {
    // Empty, as nearly always: one system call. Gone: the child itself removed it. Otherwise a directory in it may be closed
    // to its own owner.
    let removed = fs::remove_dir(path).or_else(|_| fs::remove_dir_all(path)).or_else(|error| {
        open_tree(path).and_then(|()| fs::remove_dir_all(path)).map_err(|_| error)
    });
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Gives the owner access to every directory below and including `path`.
fn open_tree(path: &Path) -> io::Result<()> {
    host::give_access(path)?;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_tree(&entry.path())?;
        }
    }
    Ok(())
}
