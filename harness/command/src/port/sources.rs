//! The C files, embedded when this command is built, since an installed command has no checkout.

use std::fs;
use std::path::Path;

use crate::error::Error;

/// Path below `csrc/` and content of each C file, in the order of the paths.
pub(super) const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/csrc.rs"));

/// Path of the Rust child's listing, which states each case's expectation.
pub(super) const LISTING: &str = "standalone/listing.txt";

/// Returns the content of an embedded file, by its path below `csrc/`.
pub(super) fn read(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, content)| *content)
}

/// Returns the stems (file names without an extension) of the C files in a folder.
///
/// For the folder `on_stack`, one of the stems is `ucontext`, from `on_stack/ucontext.c`.
pub(super) fn stems(folder: &str) -> impl Iterator<Item = &'static str> {
    let names = FILES.iter().map(|(name, _)| *name);
    names.filter_map(move |name| name.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".c"))
}

/// Returns the path below `csrc/` of a scenario's file in `folder`, which has a folder for each
/// topic.
///
/// For the folder `scenarios` and the name `abort_in_c`, the path is `scenarios/exit/abort_in_c.c`.
pub(super) fn of_scenario(folder: &str, name: &str) -> Option<&'static str> {
    let names = FILES.iter().map(|(path, _)| *path);
    names.into_iter().find(|path| {
        let in_topic = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
        let file = in_topic.and_then(|rest| rest.split_once('/'));
        file.is_some_and(|(_, file)| file.strip_suffix(".c") == Some(name))
    })
}

/// Writes all embedded files to `csrc` in `directory`.
pub(super) fn unpack(directory: &Path) -> Result<(), Error> {
    FILES.iter().try_for_each(|(name, content)| write(&directory.join("csrc").join(name), content))
}

/// Writes a file, and creates the file's folder if the folder is missing.
pub(super) fn write(path: &Path, content: &str) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, content))
        .map_err(|error| Error::usage(format!("failed to write `{}`: {error}", path.display())))
}
