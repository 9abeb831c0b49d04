//! Finds the executable that a command names, as a shell does.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{env, fs, io};

/// Last executable that [`search`] has found.
struct Found {
    name: OsString,
    /// Value of `PATH` during the search.
    folders: OsString,
    path: PathBuf,
}

static FOUND: Mutex<Option<Found>> = Mutex::new(None);

/// Returns the path of an executable. If `name` contains no `/`, the path is the first executable
/// file with this name in the directories of `PATH`. `find` remembers its last result until
/// [`forget`] is called.
pub(super) fn find(name: &OsStr) -> io::Result<Cow<'_, Path>> {
    if name.as_bytes().contains(&b'/') {
        return Ok(Cow::Borrowed(Path::new(name)));
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let known = found.as_ref().filter(|found| found.name == name && found.folders == folders);
    if let Some(known) = known {
        return Ok(Cow::Owned(known.path.clone()));
    }
    let path = search(name, &folders)?;
    *found = Some(Found { name: name.to_owned(), folders, path: path.clone() });
    Ok(Cow::Owned(path))
}

/// Forgets where [`find`] has found an executable, because the executable could not be started.
pub(super) fn forget() {
    *FOUND.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// Returns the path of the first executable file `name` in the directories `folders`.
fn search(name: &OsStr, folders: &OsStr) -> io::Result<PathBuf> {
    const ANY_EXECUTE: u32 = 0o111;
    let is_executable = |path: &Path| {
        fs::metadata(path).is_ok_and(|file| file.is_file() && file.mode() & ANY_EXECUTE != 0)
    };
    env::split_paths(folders)
        .map(|folder| folder.join(name))
        .find(|path| is_executable(path))
        .ok_or_else(|| io::Error::from_raw_os_error(libc::ENOENT))
}
