//! The synchronization primitives of the runtime. The tests that run under loom
//! (`tests/interleavings/`) replace the primitives of this module with loom's primitives.

use std::cell::Cell;
pub(super) use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering, fence,
};
pub(super) use std::sync::{Mutex, MutexGuard};
pub(super) use std::thread::yield_now;

/// Records whether this thread holds the pool's lock or waits for the lock, and returns the value
/// that was recorded before. The thread-local variable has no destructor, so signal handlers may
/// call this function.
pub(super) fn set_locking(is_locking: bool) -> bool {
    thread_local!(static IS_LOCKING: Cell<bool> = const { Cell::new(false) });
    IS_LOCKING.replace(is_locking)
}

/// Records whether this thread holds the lock of the registered stacks or waits for the lock, and
/// returns the value that was recorded before. The thread-local variable has no destructor, so
/// signal handlers may call this function.
pub(super) fn set_writing(is_writing: bool) -> bool {
    thread_local!(static IS_WRITING: Cell<bool> = const { Cell::new(false) });
    IS_WRITING.replace(is_writing)
}
