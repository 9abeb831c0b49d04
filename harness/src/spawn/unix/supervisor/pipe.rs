//! Creates the pipes that carry a child's output.
#![expect(unsafe_code, reason = "calls pipe2")]

use std::fs::File;
use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};

/// Returns the read end and the write end of a new pipe. The pipe's ends are close-on-exec.
pub(super) fn pipe() -> io::Result<(File, OwnedFd)> {
    let mut fds = [0; 2];
    // SAFETY: `fds` is writable memory for two descriptors.
    if unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `pipe2` has just made this descriptor, and nothing else owns it.
    let reader = unsafe { OwnedFd::from_raw_fd(fds[0]) };
    // SAFETY: `pipe2` has just made this descriptor too, and nothing else owns it.
    let writer = unsafe { OwnedFd::from_raw_fd(fds[1]) };
    Ok((reader.into(), writer))
}
