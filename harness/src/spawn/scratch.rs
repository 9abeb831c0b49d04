//! Creates and removes the working directory of a child.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, io, mem, process};

use super::error::Error;
use super::host;

/// Working directory for one child. Dropping this removes the directory.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) path: PathBuf,
}

impl Scratch {
    /// Finds an unused path for the directory and calls `create` with it.
    pub(super) fn new(create: impl Fn(&Path) -> io::Result<()>) -> Result<Self, Error> {
        // The process ID and a counter make the name unique among running runners. A directory that
        // an earlier runner with the same ID left behind is skipped.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // The path must be absolute, because the child works in another directory.
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

    /// Removes the directory. Returns its path if that fails. A failure is no error, because it
    /// must not hide what the child did: the child may have left files that cannot be removed, or
    /// processes that still write.
    pub(super) fn remove(mut self) -> Option<PathBuf> {
        let path = mem::take(&mut self.path);
        remove_tree(&path).err().map(|_| path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // The error is ignored: the caller already gets an earlier error, which says more.
            let _ = remove_tree(&self.path);
        }
    }
}

fn remove_tree(path: &Path) -> io::Result<()> {
    // Nearly always the directory is empty, and one system call removes it. `NotFound` means that
    // the child removed it. After other errors, a directory inside may deny access to its owner.
    let removed = fs::remove_dir(path).or_else(|_| fs::remove_dir_all(path)).or_else(|error| {
        open_tree(path).and_then(|()| fs::remove_dir_all(path)).map_err(|_| error)
    });
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Gives the owner access to `path` and to every directory below it.
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
