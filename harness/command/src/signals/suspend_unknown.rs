//! Systems without `signalfd(2)`, where a handler receives SIGTSTP.

use std::os::fd::OwnedFd;

pub(super) fn pending() -> Option<OwnedFd> {
    None
}

pub(super) fn block() {}

pub(super) fn unblock() {}
