//! Removes a child's directory tree, even if the child has made the removal difficult.
//!
//! A child can leave directories that are nested too deeply for a recursive removal. A child can
//! also leave directories without access rights for their owner, immutable files (chattr(1),
//! chflags(1)), and mounted file systems. The removal handles deep nesting, missing access rights,
//! immutable files and mounted file systems as follows:
//!
//! 1. The removal never recurses. To remove a directory, the removal moves the directory's
//!    subdirectories to the top directory first. The removal needs at most five file descriptors,
//!    for a tree of any depth.
//!
//! 2. The removal names each entry relative to an open directory, so paths can be longer than
//!    `PATH_MAX`, and no process can redirect the removal by a symbolic link.
//!
//! 3. The removal changes the mode of a directory or the attributes of a file only after the system
//!    has refused an operation.
//!
//! 4. The removal renames each directory before it opens the directory. The system refuses to
//!    rename a mount point (`EBUSY`, rename(2)), so the removal never enters a mounted file system,
//!    not even a bind mount, and reports an error.

use std::ffi::{CStr, CString, OsStr};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};

use super::attributes;
use super::directory::{Directory, Identity};

/// Timeout of a removal. Without a timeout, a process that escaped the runner could prolong the
/// removal forever by adding entries.
const LIMIT: Duration = Duration::from_secs(60);

/// Returns the identity of the directory at `path`.
pub(in crate::spawn) fn identity(path: &Path) -> io::Result<Identity> {
    let found = fs::symlink_metadata(path)?;
    Ok(Identity { device: found.dev(), number: found.ino() })
}

/// Removes the directory at `path` and all of its entries, if `made` is the identity of the
/// directory.
///
/// # Errors
///
/// - Returns an error if a part of the directory tree could not be removed; everything else has
///   been removed.
///
/// - Returns an error if the file at `path` is not the directory `made`; the file has not been
///   changed.
///
/// If no file exists at `path`, the function returns `Ok`.
pub(in crate::spawn) fn remove_tree(path: &Path, made: Identity) -> io::Result<()> {
    match identity(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) => check_identity(found, made)?,
    }
    if fs::remove_dir(path).is_ok() {
        return Ok(());
    }
    let (above, name) = split(path)?;
    empty(&open(&above, &name, made)?)?;
    let remove = || above.remove_directory(&name);
    let removed = remove().or_else(|_| give_access(&above, &name).and_then(|()| remove()));
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Removes all entries of the directory at `path`, if `made` is the identity of the directory.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::spawn) fn clear(path: &Path, made: Identity) -> io::Result<()> {
    let (above, name) = split(path)?;
    empty(&open(&above, &name, made)?)
}

/// Opens the parent directory of `path`, and returns this directory and the last component of
/// `path`.
fn split(path: &Path) -> io::Result<(Directory, CString)> {
    let c_string = |path: &OsStr| CString::new(path.as_bytes()).map_err(io::Error::from);
    let above = path.parent().unwrap_or(Path::new("/"));
    let above = Directory::open(&c_string(above.as_os_str())?)?;
    Ok((above, c_string(path.file_name().unwrap_or_default())?))
}

/// Opens the subdirectory `name` of `above`, if `made` is the identity of the subdirectory.
fn open(above: &Directory, name: &CStr, made: Identity) -> io::Result<Directory> {
    let open = || above.open_entry(name);
    let directory = open().or_else(|_| give_access(above, name).and_then(|()| open()))?;
    check_identity(directory.identity()?, made)?;
    Ok(directory)
}

fn check_identity(found: Identity, made: Identity) -> io::Result<()> {
    if found == made {
        return Ok(());
    }
    Err(io::Error::other("another file has replaced the directory"))
}

/// Removes all entries of `top`.
fn empty(top: &Directory) -> io::Result<()> {
    let until = Instant::now() + LIMIT;
    let mut names = Names(0);
    loop {
        let mut removed_any = false;
        let mut first_error = None;
        for name in top.entries()? {
            if Instant::now() >= until {
                return Err(io::Error::other(format!(
                    "the directory was not empty after {LIMIT:?} of removing entries"
                )));
            }
            match remove_entry(top, &name, &mut names) {
                Ok(()) => removed_any = true,
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        // The loop reads `top` again until an iteration removes nothing, because `remove_entry` may
        // have moved subdirectories to `top`.
        if !removed_any {
            return first_error.map_or(Ok(()), Err);
        }
    }
}

/// Removes the entry `name` of `top`. If the entry is a directory, moves its subdirectories to
/// `top` first.
fn remove_entry(top: &Directory, name: &CStr, names: &mut Names) -> io::Result<()> {
    if !top.is_directory(name)? {
        return by_force(top, name, || top.remove_file(name));
    }
    if top.remove_directory(name).is_ok() {
        return Ok(());
    }
    let name = &by_force(top, name, || move_to(top, top, name, names))?;
    let directory = by_force(top, name, || top.open_entry(name))?;
    let mut first_error = None;
    for entry in directory.entries()? {
        let removed = if directory.is_directory(&entry)? {
            by_force(&directory, &entry, || {
                let removed = directory.remove_directory(&entry);
                removed.or_else(|_| move_to(top, &directory, &entry, names).map(drop))
            })
        } else {
            by_force(&directory, &entry, || directory.remove_file(&entry))
        };
        if let Err(error) = removed {
            first_error = first_error.or(Some(error));
        }
    }
    // If an entry could not be removed, the error of that removal explains more than the error
    // "Directory not empty".
    by_force(top, name, || top.remove_directory(name)).map_err(|error| first_error.unwrap_or(error))
}

/// Generator of names for the directories that the removal moves to the top directory.
struct Names(u64);

/// Moves the subdirectory `name` of `directory` to `top` and returns its new name.
fn move_to(
    top: &Directory,
    directory: &Directory,
    name: &CStr,
    names: &mut Names,
) -> io::Result<CString> {
    loop {
        names.0 += 1;
        let new_name = CString::new(format!("testprog-removes-{}", names.0))?;
        match directory.move_entry(name, top, &new_name) {
            Ok(()) => return Ok(new_name),
            // If `new_name` is in use, try the next name. If `new_name` names a directory that is
            // not empty, rename(2) fails with `ENOTEMPTY` or `EEXIST`; if `new_name` names a file,
            // with `ENOTDIR`.
            Err(error) if is_one_of(&error, &[libc::ENOTEMPTY, libc::EEXIST, libc::ENOTDIR]) => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_one_of(error: &io::Error, codes: &[i32]) -> bool {
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// Performs an operation on the entry `name` of `directory`. If the operation fails with a
/// permission error, clears the file attributes of the entry and of the directory, gives their
/// owner all access rights, and repeats the operation once.
fn by_force<T>(
    directory: &Directory,
    name: &CStr,
    mut operation: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    operation().or_else(|error| {
        if error.kind() != io::ErrorKind::PermissionDenied {
            return Err(error);
        }
        // Errors of clearing attributes and of changing the mode are ignored, because one
        // successful step can be enough. If no step is enough, the repeated operation returns an
        // error.
        let _ = attributes::clear(directory.as_fd());
        let _ = directory.give_access(c".");
        give_access(directory, name)?;
        operation()
    })
}

/// Clears the attributes that forbid the removal of the entry `name`. If the entry is a directory,
/// gives its owner all access rights.
fn give_access(directory: &Directory, name: &CStr) -> io::Result<()> {
    let clear = || directory.open_file(name).and_then(|file| attributes::clear(file.as_fd()));
    let cleared = clear();
    if directory.is_directory(name)? {
        let _ = directory.give_access(name);
    }
    // The first `clear` fails for a directory that its owner cannot read, so clear the attributes
    // again after the change of the mode.
    if cleared.is_err() {
        let _ = clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;

    /// Directory tree of one test, in a parent directory that no other test uses.
    struct Tree {
        folder: PathBuf,
        top: PathBuf,
        made: Identity,
    }

    impl Tree {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("remove-{name}-{}", std::process::id()));
            let top = folder.join("top");
            fs::create_dir_all(&top).unwrap();
            let made = identity(&top).unwrap();
            Self { folder, top, made }
        }

        fn shell(&self, script: &str) -> bool {
            let mut shell = Command::new("sh");
            shell.args(["-ec", script]).current_dir(&self.top).status().unwrap().success()
        }

        fn remove(&self) -> Result<(), String> {
            remove_tree(&self.top, self.made).map_err(|error| error.to_string())
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.folder).unwrap();
        }
    }

    #[test]
    fn files_links_and_directories_are_removed_and_links_are_not_followed() {
        let tree = Tree::new("files");
        fs::create_dir_all(tree.folder.join("foreign/inside")).unwrap();
        symlink("../foreign", tree.top.join("link")).unwrap();
        assert!(tree.shell("mkdir -p a/b/c d; touch a/x a/b/y z testprog-removes-1; mkfifo f"));
        assert!(tree.shell("mkdir -p testprog-removes-2/full; ln -s /nowhere a/b/dead"));
        tree.remove().unwrap();
        assert!(!tree.top.exists() && tree.folder.join("foreign/inside").exists());
        tree.remove().unwrap();
    }

    #[test]
    fn a_tree_of_any_depth_is_removed_with_few_descriptors() {
        let tree = Tree::new("deep");
        let top = CString::new(tree.top.as_os_str().as_bytes()).unwrap();
        let mut directory = Directory::open(&top).unwrap();
        for _ in 0..3_000 {
            directory.make_directory(c"d").unwrap();
            directory = directory.open_entry(c"d").unwrap();
        }
        drop(directory);
        tree.remove().unwrap();
        assert!(!tree.top.exists());
    }

    #[test]
    fn directories_that_are_closed_to_their_owner_are_removed() {
        let tree = Tree::new("closed");
        assert!(tree.shell("mkdir -p a/b/c; touch a/b/c/d; chmod 0 a/b/c a/b a ."));
        tree.remove().unwrap();
        assert!(!tree.top.exists());
    }

    #[test]
    fn a_directory_that_took_the_place_of_the_first_one_stays() {
        let tree = Tree::new("replaced");
        fs::rename(&tree.top, tree.folder.join("moved")).unwrap();
        fs::create_dir(&tree.top).unwrap();
        fs::write(tree.top.join("file"), "").unwrap();
        assert_eq!(tree.remove().unwrap_err(), "another file has replaced the directory");
        assert!(tree.top.join("file").exists());
    }
}
