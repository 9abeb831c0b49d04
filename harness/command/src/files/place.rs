//! Finds the file, the device or the descriptor that the path of a report leads to.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::replace::{is_writable, temporary};
use super::system::{self, Identity};

/// Maximum number of symbolic links on the way to a file, as in the kernel
/// (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Destination of a report.
#[derive(Debug)]
pub(crate) enum Place {
    /// Regular file at this path, or a new file. The path contains no symbolic link.
    File(PathBuf),
    /// Descriptor of this process, such as `/dev/stdout`. The report is written to the descriptor,
    /// because the file's name may belong to another file when the report is written.
    #[cfg(unix)]
    Descriptor { number: i32, identity: Option<Identity> },
    /// Pipe or device. A directory counts as a device, because opening a directory for writing
    /// returns the right error.
    Device { path: PathBuf, identity: Option<Identity> },
    /// Path that cannot be written, and the reason.
    Nowhere { path: PathBuf, cause: io::Error },
}

/// Returns the file, the device or the descriptor to which `path` leads.
pub(super) fn find(path: &Path) -> Place {
    follow(path.to_owned()).unwrap_or_else(|cause| Place::Nowhere { path: path.to_owned(), cause })
}

fn follow(mut path: PathBuf) -> io::Result<Place> {
    for _ in 0..MOST_LINKS {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = fs::canonicalize(folder)?;
        #[cfg(unix)]
        if let Some(number) = system::descriptor(&folder, &path) {
            let file = system::duplicate(number)?;
            return Ok(Place::Descriptor { number, identity: Identity::of(&file.metadata()?) });
        }
        let is_link = fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink());
        // A link in `/proc` need not lead to the file that the link's text names (proc(5)).
        if is_link && !folder.starts_with("/proc") {
            let link = fs::read_link(&path)?;
            path = folder.join(link);
            continue;
        }
        return match fs::metadata(&path) {
            Ok(found) if found.is_file() && !is_link => file(&folder, &path),
            Ok(found) => Ok(Place::Device { identity: Identity::of(&found), path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => file(&folder, &path),
            Err(error) => Err(error),
        };
    }
    Err(system::too_many_links())
}

/// Returns [`Place::File`] for a regular file, if the file or its folder can be written.
fn file(folder: &Path, path: &Path) -> io::Result<Place> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let path = folder.join(name);
    match temporary(&path) {
        Ok(temporary) => {
            let made = temporary.path().display().to_string();
            let fail = |error| io::Error::other(format!("failed to remove `{made}`: {error}"));
            temporary.close().map_err(fail)?;
        }
        Err(error) if !is_writable(&path) => return Err(error),
        Err(_) => {}
    }
    Ok(Place::File(path))
}

impl Place {
    fn identity(&self) -> Option<Identity> {
        match self {
            Self::File(path) => fs::metadata(path).ok().and_then(|found| Identity::of(&found)),
            #[cfg(unix)]
            Self::Descriptor { identity, .. } => *identity,
            Self::Device { identity, .. } => *identity,
            Self::Nowhere { .. } => None,
        }
    }

    /// Returns true if both places are one file, pipe or device.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(path), Self::File(other)) if path == other => true,
            (Self::Device { path, .. }, Self::Device { path: other, .. })
            | (Self::Nowhere { path, .. }, Self::Nowhere { path: other, .. })
                if path == other =>
            {
                true
            }
            _ => self.identity().is_some_and(|identity| Some(identity) == other.identity()),
        }
    }

    /// Returns true if this place is the regular file `input`.
    pub(super) fn is_input(&self, input: &Path) -> bool {
        let Some(found) = fs::metadata(input).ok().filter(fs::Metadata::is_file) else {
            return false;
        };
        let has_path = |path: &PathBuf| fs::canonicalize(input).is_ok_and(|input| input == *path);
        matches!(self, Self::File(path) if has_path(path))
            || Identity::of(&found).is_some_and(|identity| self.identity() == Some(identity))
    }

    /// Returns the name of the stream (standard output or standard error) that prints to this
    /// regular file. A report must not replace a file to which this process prints, because the
    /// printed output would be lost.
    pub(super) fn own_stream(&self) -> Option<&'static str> {
        let Self::File(path) = self else { return None };
        let identity = fs::metadata(path).ok().and_then(|found| Identity::of(&found))?;
        let [stdout, stderr] = system::own_streams();
        if stdout == Some(identity) {
            Some("standard output; use /dev/stdout instead")
        } else if stderr == Some(identity) {
            Some("standard error; use /dev/stderr instead")
        } else {
            None
        }
    }
}
