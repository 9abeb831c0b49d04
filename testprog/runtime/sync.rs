//! The synchronization primitives of the runtime. The tests that run under loom
//! (`tests/interleavings/`) replace these primitives with loom's primitives.

use std::ptr;
pub(super) use std::sync::Mutex;
pub(super) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence};
pub(super) use std::thread::yield_now;

/// Returns a number that identifies this thread among all running threads: the address of a
/// thread-local variable. The returned number is never 0.
pub(super) fn token() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| ptr::from_ref(here).addr())
}
