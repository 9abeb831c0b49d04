//! Contains the functions whose implementation depends on the operating system of the runner.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::io;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) use self::unix::clear;
#[cfg(unix)]
pub(crate) use self::unix::private_file;
#[cfg(unix)]
pub(super) use self::unix::{
    ABORT_STATUS, HAS_CORE_FILES, Identity, LACKS, identity, is_wrong_format, remove_tree,
    runs_programs_itself,
};
#[cfg(windows)]
pub(crate) use self::windows::private_file;
#[cfg(windows)]
pub(super) use self::windows::{
    ABORT_STATUS, HAS_CORE_FILES, Identity, LACKS, identity, is_wrong_format, remove_tree,
    runs_programs_itself,
};

/// Returns true if `error` means that the system lacked processes, descriptors or memory.
pub(super) fn is_lack(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| LACKS.contains(&code))
}
