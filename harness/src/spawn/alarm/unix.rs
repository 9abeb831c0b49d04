//! On Unix an alarm is one end of a socket pair, and a listener is the other end. Dropping the
//! alarm closes the alarm's end, which makes the listener's end readable.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// Alarm: one end of a socket pair, which stays open until the alarm is dropped. Dropping the alarm
/// wakes all listeners.
#[derive(Debug)]
pub(in crate::spawn) struct Alarm(#[expect(dead_code, reason = "kept open")] UnixStream);

/// Other end of an alarm's socket pair, which becomes readable when the alarm is dropped.
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
