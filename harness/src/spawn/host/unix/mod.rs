//! Holds what differs on Unix.

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd"
)))]
#[path = "attributes_absent.rs"]
mod attributes;
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd"
))]
#[path = "attributes_bsd.rs"]
mod attributes;
#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "attributes_linux.rs"]
mod attributes;
mod directory;
mod remove;

use std::io;

pub(in crate::spawn) use self::directory::Identity;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::spawn) use self::remove::clear;
pub(in crate::spawn) use self::remove::{identity, remove_tree};

pub(in crate::spawn) const HAS_CORE_FILES: bool = true;

/// Returns true if this system is emulated and executes programs of its own kind without a runner
/// command. On Unix this is false: user-mode emulation passes `execve` on to the host, so children
/// need the emulator's name.
pub(in crate::spawn) fn runs_programs_itself() -> bool {
    false
}

/// Returns true if the system could not start a program because of the format of its file.
pub(in crate::spawn) fn is_wrong_format(error: &io::Error) -> bool {
    const BAD_ARCHITECTURE_ON_APPLE: i32 = 86; // EBADARCH
    error.raw_os_error().is_some_and(|code| {
        code == libc::ENOEXEC
            || (cfg!(target_vendor = "apple") && code == BAD_ARCHITECTURE_ON_APPLE)
    })
}
