//! Detects a child's end on Apple systems and the BSDs, with the `EVFILT_PROC` filter of kqueue(2).
#![expect(unsafe_code, reason = "calls kqueue and kevent")]

use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::{io, mem, ptr};

/// Descriptor for `poll` that becomes readable when the child ends.
#[derive(Debug)]
pub(in crate::spawn) struct ExitWatch {
    queue: OwnedFd,
    /// Socket that is readable because its other end is closed. The socket replaces the queue if
    /// the child had ended before kevent(2) was called.
    ended: Option<UnixStream>,
}

impl ExitWatch {
    pub(in crate::spawn) fn new(pid: libc::pid_t) -> io::Result<Self> {
        // SAFETY: `kqueue` takes no arguments.
        let fd = unsafe { libc::kqueue() };
        if fd == -1 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: `kqueue` has just created this descriptor, and nothing else owns the descriptor.
        let queue = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: `kevent` is a C struct of integers and a pointer, for which zeros are a valid
        // value.
        let mut event: libc::kevent = unsafe { mem::zeroed() };
        event.ident = usize::try_from(pid).expect("a process ID is positive") as _;
        event.filter = libc::EVFILT_PROC as _;
        event.flags = (libc::EV_ADD | libc::EV_ONESHOT) as _;
        event.fflags = libc::NOTE_EXIT as _;
        // SAFETY: `kevent` reads one valid change and writes no event.
        let result = unsafe {
            libc::kevent(queue.as_raw_fd(), &raw const event, 1, ptr::null_mut(), 0, ptr::null())
        };
        let error = io::Error::last_os_error();
        let ended = match result {
            -1 if error.raw_os_error() == Some(libc::ESRCH) => Some(UnixStream::pair()?.0),
            -1 => return Err(error),
            _ => None,
        };
        Ok(Self { queue, ended })
    }
}

impl AsFd for ExitWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ended.as_ref().map_or(self.queue.as_fd(), AsFd::as_fd)
    }
}
