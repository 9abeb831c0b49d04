//! Creates and removes the working directory of a child.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, io, mem, process};

use super::error::Error;
use super::host::{self, Identity};

/// Working directory for one child. Dropping a `Scratch` removes the directory.
#[derive(Debug)]
pub(super) struct Scratch {
    path: PathBuf,
    /// Identity of the directory, or `None` until the runner knows that the directory was created.
    made: Option<Identity>,
}

impl Scratch {
    /// Creates an empty directory by calling `create` with a random path at which no file exists.
    ///
    /// # Errors
    ///
    /// Returns the error of `create`, except `AlreadyExists`, after which the function tries
    /// another path.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(super) fn new(create: impl Fn(&Path) -> io::Result<()>) -> Result<Self, Error> {
        loop {
            let path = random_path()?;
            match create(&path).and_then(|()| host::identity(&path)) {
                Ok(made) => return Ok(Self { path, made: Some(made) }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::new("create", path, error)),
            }
        }
    }

    /// Chooses a random path for a directory that a supervisor will create. The caller calls
    /// [`set_made`](Self::set_made) once the directory exists.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn planned() -> Result<Self, Error> {
        Ok(Self { path: random_path()?, made: None })
    }

    /// Stores the identity of the directory that a supervisor created.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn set_made(&mut self, made: Identity) {
        self.made = Some(made);
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the directory from being removed when this `Scratch` is dropped.
    pub(super) fn keep(&mut self) {
        mem::take(&mut self.path);
    }

    /// Returns true if the directory has entries or cannot be read, and false if the directory is
    /// empty or does not exist.
    pub(super) fn is_in_use(&self) -> bool {
        match fs::read_dir(&self.path) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    /// Removes all entries of the directory, but not the directory.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn clear(&self) -> io::Result<()> {
        let made = self.made.map_or_else(|| host::identity(&self.path), Ok)?;
        host::clear(&self.path, made)
    }

    /// Removes the directory, unless `keep` is true and the directory is not empty. Returns the
    /// error of the removal, if the removal failed, and the directory, if the directory was kept.
    /// The caller reports the removal's error together with the case's outcome, which is valid even
    /// if the child has left files that cannot be removed.
    pub(super) fn leave(self, keep: bool) -> (Option<Error>, Option<Self>) {
        if keep && self.is_in_use() { (None, Some(self)) } else { (self.remove(), None) }
    }

    /// Removes the directory, and returns the error if the removal fails.
    fn remove(mut self) -> Option<Error> {
        let path = mem::take(&mut self.path);
        let removed = remove(&path, self.made);
        removed.err().map(|error| Error::new("remove", path, error))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // The error of the removal is ignored, because the caller already gets an earlier and
            // more important error.
            let _ = remove(&self.path, self.made);
        }
    }
}

fn remove(path: &Path, made: Option<Identity>) -> io::Result<()> {
    // If the supervisor was killed before it reported the directory's identity, use the identity of
    // whatever exists at `path`. The path is random, so only the supervisor or its child can have
    // created a file with this path.
    let made = made.map_or_else(|| host::identity(path), Ok);
    match made.and_then(|made| host::remove_tree(path, made)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Returns an absolute path in the directory for temporary files, with a random name.
///
/// The name is not a process ID, because two runners in different PID namespaces can have the same
/// process ID and share the directory for temporary files.
fn random_path() -> Result<PathBuf, Error> {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // The process ID is a part of the hash, because a fork of this process has the same `KEYS` and
    // the same `number`.
    let name = format!("testprog-{:016x}", KEYS.hash_one((process::id(), number)));
    // An empty TMPDIR counts as unset, as in most programs. POSIX does not define an empty TMPDIR.
    let parent = Some(env::temp_dir()).filter(|path| !path.as_os_str().is_empty());
    let parent = parent.unwrap_or_else(|| PathBuf::from("/tmp"));
    // The path must be absolute, because the child has another working directory.
    let parent = std::path::absolute(&parent).map_err(|error| Error::new("find", parent, error))?;
    Ok(parent.join(name))
}
