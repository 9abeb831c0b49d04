//! Replaces the system calls of the runtime.

use std::ptr::NonNull;

use crate::sync;

pub(crate) const OWN_STACK_FOLLOWS_SWITCHES: bool = false;

/// Guard that keeps simulated signals blocked on this thread.
pub(crate) struct Blocked {
    was_blocked: bool,
}

pub(crate) fn block_signals() -> Blocked {
    Blocked { was_blocked: sync::set_blocked(true) }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        sync::set_blocked(self.was_blocked);
        sync::signal();
    }
}

pub(crate) fn thread_id() -> u64 {
    1
}

pub(crate) fn thread_exists(_: usize) -> bool {
    true
}

/// Panics, because no test has so many handlers at once that the pool becomes empty.
pub(crate) fn map_zeros<T>() -> Option<NonNull<T>> {
    panic!("a signal handler found the pool empty");
}

pub(crate) fn main_stack_limit(_: usize) -> Option<(usize, usize)> {
    None
}

pub(crate) fn take_altstack() {}

/// Panics with the runtime's last message.
pub(crate) fn write_to_stderr(text: &[u8]) {
    panic!("{}", String::from_utf8_lossy(text));
}

pub(crate) fn exit(status: i32) -> ! {
    panic!("the runtime exits with status {status}");
}
