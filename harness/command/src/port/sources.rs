//! The C files, as they were when this command was built: an installed command has no checkout.

use std::fs;
use std::path::Path;

use crate::error::Error;

/// The name below `csrc/` and the content of each, in order of the names.
pub(super) const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/csrc.rs"));

/// The listing of the child in Rust, in which each case's expectation is stated.
pub(super) const LISTING: &str = "standalone/listing.txt";

/// Returns the content of a file.
pub(super) fn read(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, content)| *content)
}

/// Returns the stems of the C files in a folder, such as `ucontext` of `on_stack/ucontext.c` for
/// `on_stack`.
pub(super) fn stems(folder: &str) -> impl Iterator<Item = &'static str> {
    let names = FILES.iter().map(|(name, _)| *name);
    names.filter_map(move |name| name.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".c"))
}

/// Writes all of them below `directory`/csrc.
pub(super) fn unpack(directory: &Path) -> Result<(), Error> {
    FILES.iter().try_for_each(|(name, content)| write(&directory.join("csrc").join(name), content))
}

/// Writes a file, in a directory that is made if need be.
pub(super) fn write(path: &Path, content: &str) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, content))
        .map_err(|error| Error::usage(format!("failed to write `{}`: {error}", path.display())))
}
