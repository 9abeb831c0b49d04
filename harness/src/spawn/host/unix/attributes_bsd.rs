//! Clears the file attributes that forbid the removal of a file on the BSDs and on Apple systems
//! (chflags(2)).
#![expect(unsafe_code, reason = "calls fchflags")]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Clears all attributes of a file.
pub(super) fn clear(file: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: `fchflags` takes only integers, so the call accesses no memory of this process.
    match unsafe { libc::fchflags(file.as_raw_fd(), 0) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
