//! Replaces the C functions that the runtime calls.

use std::cell::Cell;

use crate::bounds::Bounds;

loom::thread_local! {
    static OWN: Cell<Bounds> = Cell::new(Bounds::default());
}

/// Sets the bounds that the system reports for this thread's own stack.
pub(crate) fn set_own(own: Bounds) {
    OWN.with(|it| it.set(own));
}

pub(crate) fn stack_bound() -> (usize, usize) {
    let own = OWN.with(Cell::get);
    (own.lo, own.hi)
}
