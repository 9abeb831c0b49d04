//! Functions of a scenario that the runtime calls at certain steps of its own code.
#![expect(unsafe_code, reason = "calls a stored function pointer")]

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Function that the runtime calls at each step of taking a `Machine` (the runtime's record of one
/// thread), or null. A scenario can store a function that raises a signal at each step.
static AT_EACH_STEP: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Function that the runtime calls after each lookup of a stack's bounds that missed the cache, or
/// null. A scenario can store a function that changes the registered stacks.
static AFTER_LOOKUP: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Sets the function that the runtime calls at each step of taking a `Machine` for a thread.
#[cfg(unix)]
pub(crate) fn at_each_step(f: fn()) {
    AT_EACH_STEP.store(f as *mut (), Ordering::Relaxed);
}

/// Sets the function that the runtime calls after each lookup of a stack's bounds that missed the
/// cache.
pub(crate) fn after_lookup(f: fn()) {
    AFTER_LOOKUP.store(f as *mut (), Ordering::Relaxed);
}

/// Calls the function that [`at_each_step`] has stored, if any.
pub(super) fn step() {
    call_stored(&AT_EACH_STEP);
}

/// Calls the function that [`after_lookup`] has stored, if any.
pub(super) fn looked_up() {
    call_stored(&AFTER_LOOKUP);
}

/// Calls the function that `stored` points to, unless the pointer is null.
fn call_stored(stored: &AtomicPtr<()>) {
    let f = stored.load(Ordering::Relaxed);
    if !f.is_null() {
        // SAFETY: the functions `at_each_step` and `after_lookup` store only pointers that they have
        // cast from a `fn()`.
        let f = unsafe { std::mem::transmute::<*mut (), fn()>(f) };
        f();
    }
}
