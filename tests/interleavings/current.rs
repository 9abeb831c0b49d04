//! Replaces the runtime's thread-local variable by a variable of loom's threads.
#![expect(unsafe_code, reason = "dereferences pointers to machines")]

use std::cell::Cell;
use std::ptr;

use crate::machine::Machine;

loom::thread_local! {
    static CURRENT: Cell<*const Machine> = Cell::new(ptr::null());
}

pub(crate) fn get() -> Option<&'static Machine> {
    // SAFETY: the pointer is null or points to a `Machine`, and `Machine`s are never freed.
    unsafe { pointer().as_ref() }
}

pub(crate) fn pointer() -> *const Machine {
    CURRENT.with(Cell::get)
}

pub(crate) fn set(machine: *const Machine) {
    CURRENT.with(|it| it.set(machine));
}
