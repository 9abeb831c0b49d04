//! On Unix an alarm is a socket. All who have the other end see that it is closed.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// End of the socket that the alarm keeps. Dropping the alarm wakes all listeners.
#[derive(Debug)]
pub(in crate::spawn) struct Alarm(#[expect(dead_code, reason = "kept open")] UnixStream);

/// End of the socket that becomes readable when the alarm is dropped.
#[derive(Clone, Debug)]
pub(in crate::spawn) struct Listener(Arc<UnixStream>);

impl Alarm {
    pub(in crate::spawn) fn new() -> io::Result<(Self, Listener)> {
        let (ours, theirs) = UnixStream::pair()?;
        Ok((Self(ours), Listener(Arc::new(theirs))))
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
