//! Contains the functions for Unix whose implementation depends on the runner's operating system.

#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "attributes_linux.rs")]
#[cfg_attr(bsd, path = "attributes_bsd.rs")]
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android", bsd)),
    path = "attributes_absent.rs"
)]
mod attributes;
mod directory;
mod remove;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

pub(in crate::spawn) use self::directory::Identity;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::spawn) use self::remove::clear;
pub(in crate::spawn) use self::remove::{identity, remove_tree};

pub(in crate::spawn) const HAS_CORE_FILES: bool = true;

/// Exit status of a process that called `abort`, or `None` because a signal kills such a process.
pub(in crate::spawn) const ABORT_STATUS: Option<i32> = None;

/// Creates a new file for writing, which no other user can read.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Error codes with which a child's start can fail although the start may succeed after other
/// processes have exited. `ETOOMANYREFS` means that too many descriptors are in messages that no
/// process has received yet (unix(7)).
pub(in crate::spawn) const LACKS: &[i32] =
    &[libc::EAGAIN, libc::ENOMEM, libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ETOOMANYREFS];

/// Returns true if the runner runs in an emulator that also starts the runner's children, so that
/// the children need no runner command such as an emulator. On Unix the result is always false:
/// qemu's user mode passes `execve` to the host's kernel, so the runner must start each child with
/// the emulator as the runner command.
pub(in crate::spawn) fn runs_programs_itself() -> bool {
    false
}

/// Returns true if `error` means that the system does not support the executable's file format.
pub(in crate::spawn) fn is_wrong_format(error: &io::Error) -> bool {
    const BAD_ARCHITECTURE_ON_APPLE: i32 = 86; // EBADARCH
    error.raw_os_error().is_some_and(|code| {
        code == libc::ENOEXEC
            || (cfg!(target_vendor = "apple") && code == BAD_ARCHITECTURE_ON_APPLE)
    })
}
