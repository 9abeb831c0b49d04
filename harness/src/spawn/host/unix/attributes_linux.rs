//! Attributes of a file that forbid its removal on Linux (chattr(1), `ioctl_iflags(2)`).
#![expect(unsafe_code, reason = "calls ioctl")]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Attributes that forbid removal: `FS_IMMUTABLE_FL` and `FS_APPEND_FL` of linux/fs.h.
const FORBIDDING: libc::c_int = 0x10 | 0x20;

/// Clears the attributes of a file that forbid its removal, which needs `CAP_LINUX_IMMUTABLE`.
pub(super) fn clear(file: BorrowedFd<'_>) -> io::Result<()> {
    let mut flags = get(file)?;
    if flags & FORBIDDING == 0 {
        return Ok(());
    }
    flags &= !FORBIDDING;
    // SAFETY: the request reads an `int` (ioctl_iflags(2)), which `flags` is.
    match unsafe { libc::ioctl(file.as_raw_fd(), libc::FS_IOC_SETFLAGS, &raw const flags) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Returns the attributes of a file.
pub(super) fn get(file: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    let mut flags: libc::c_int = 0;
    // SAFETY: the request writes an `int` (ioctl_iflags(2)), which `flags` is.
    match unsafe { libc::ioctl(file.as_raw_fd(), libc::FS_IOC_GETFLAGS, &raw mut flags) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(flags),
    }
}
