//! Clears the file attributes that forbid the removal of a file on Linux (chattr(1),
//! `ioctl_iflags(2)`).
#![expect(unsafe_code, reason = "calls ioctl")]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// The file attributes `FS_IMMUTABLE_FL` and `FS_APPEND_FL` of linux/fs.h, which forbid the removal
/// of a file.
const FORBIDDING: libc::c_int = 0x10 | 0x20;

/// Clears the attributes that forbid the removal of `file`. Only a process with
/// `CAP_LINUX_IMMUTABLE` can clear the attributes.
pub(super) fn clear(file: BorrowedFd<'_>) -> io::Result<()> {
    let mut flags = get(file)?;
    if flags & FORBIDDING == 0 {
        return Ok(());
    }
    flags &= !FORBIDDING;
    // SAFETY: `FS_IOC_SETFLAGS` reads an `int` (ioctl_iflags(2)), and `flags` is an `int`.
    match unsafe { libc::ioctl(file.as_raw_fd(), libc::FS_IOC_SETFLAGS, &raw const flags) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Returns the attribute flags of a file.
pub(super) fn get(file: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    let mut flags: libc::c_int = 0;
    // SAFETY: `FS_IOC_GETFLAGS` writes an `int` (ioctl_iflags(2)), and `flags` is an `int`.
    match unsafe { libc::ioctl(file.as_raw_fd(), libc::FS_IOC_GETFLAGS, &raw mut flags) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(flags),
    }
}
