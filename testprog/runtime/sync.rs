//! What threads synchronize by. The tests under loom (`tests/interleavings/`) put loom's in their place.

use std::ptr;
pub(super) use std::sync::Mutex;
pub(super) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence};
pub(super) use std::thread::yield_now;

/// Returns a number that no other living thread has and that is not 0: the address of a variable of the thread.
pub(super) fn token() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| ptr::from_ref(here).addr())
}
