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
    /// The directory that was created; `None` as long as that is not known.
    made: Option<Identity>,
}

impl Scratch {
    /// Creates an empty directory with `create`, under a name that nothing else has.
    ///
    /// # Errors
    ///
    /// `create` failed for another reason than that the name is in use.
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

    /// Chooses a name for a directory that another process creates; see
    /// [`set_made`](Self::set_made).
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn planned() -> Result<Self, Error> {
        Ok(Self { path: random_path()?, made: None })
    }

    /// Notes which directory was created.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn set_made(&mut self, made: Identity) {
        self.made = Some(made);
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the directory stay when this value is dropped.
    pub(super) fn keep(&mut self) {
        mem::take(&mut self.path);
    }

    /// Returns true if the directory has entries or cannot be read, and false if it is empty or
    /// gone.
    pub(super) fn is_in_use(&self) -> bool {
        match fs::read_dir(&self.path) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    /// Removes everything in the directory, but not the directory itself.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn clear(&self) -> io::Result<()> {
        let made = self.made.map_or_else(|| host::identity(&self.path), Ok)?;
        host::clear(&self.path, made)
    }

    /// Removes the directory. Returns the error if that fails. A failure must not hide what the
    /// child did: the child may have left files that cannot be removed, or processes that still
    /// write.
    pub(super) fn remove(mut self) -> Option<Error> {
        let path = mem::take(&mut self.path);
        let removed = remove(&path, self.made);
        removed.err().map(|error| Error::new("remove", path, error))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // The error is ignored: the caller already gets an earlier error, which says more.
            let _ = remove(&self.path, self.made);
        }
    }
}

fn remove(path: &Path, made: Option<Identity>) -> io::Result<()> {
    // A supervisor that was killed did not say which directory it created. The name is random, so
    // only that supervisor or its child can have created what is there.
    let made = made.map_or_else(|| host::identity(path), Ok);
    match made.and_then(|made| host::remove_tree(path, made)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Returns an absolute path in the directory for temporary files, with a random name.
///
/// A process ID would not be unique, because runners in two PID namespaces can have the same ID and
/// share the directory for temporary files.
fn random_path() -> Result<PathBuf, Error> {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // A fork of this process has the same keys and the same number, but another process ID.
    let name = format!("testprog-{:016x}", KEYS.hash_one((process::id(), number)));
    // POSIX leaves the meaning of an empty TMPDIR open; most programs treat it as unset.
    let parent = Some(env::temp_dir()).filter(|path| !path.as_os_str().is_empty());
    let parent = parent.unwrap_or_else(|| PathBuf::from("/tmp"));
    // The child works in another directory, so a relative path would lead elsewhere there.
    let parent = std::path::absolute(&parent).map_err(|error| Error::new("find", parent, error))?;
    Ok(parent.join(name))
}
