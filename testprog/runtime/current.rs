//! The `Machine` (the runtime's record of one thread) of the thread that runs.
#![expect(unsafe_code, reason = "dereferences pointers to machines")]

use std::cell::Cell;
use std::ptr;

use super::machine::Machine;

thread_local! {
    /// The `Machine` of this thread, or null. This variable has no destructor, so the runtime can
    /// use the variable at any time until the thread has ended.
    static CURRENT: Cell<*const Machine> = const { Cell::new(ptr::null()) };
}

/// Returns this thread's `Machine`, if the thread has a `Machine`.
#[inline]
pub(super) fn get() -> Option<&'static Machine> {
    // SAFETY: the pointer is null or points to a `Machine`, and `Machine`s are never freed.
    unsafe { CURRENT.get().as_ref() }
}

/// Returns a pointer to this thread's `Machine`, or null if the thread has no `Machine`.
#[inline]
pub(super) fn pointer() -> *const Machine {
    CURRENT.get()
}

/// Makes a `Machine` this thread's `Machine`. A null pointer means that the thread has none.
#[inline]
pub(super) fn set(machine: *const Machine) {
    CURRENT.set(machine);
}
