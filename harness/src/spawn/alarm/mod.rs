//! Wakes every thread of the runner that waits for a child.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use self::unix::{Alarm, Listener};
#[cfg(windows)]
pub(super) use self::windows::{Alarm, Listener};
