//! Replaces the function that reads the stack pointer. Each test chooses the stack pointer of each
//! thread.

use std::cell::Cell;

loom::thread_local! {
    static SP: Cell<usize> = Cell::new(0);
}

pub(crate) fn read() -> usize {
    SP.with(Cell::get)
}

/// Runs `f` while this thread's stack pointer is `sp`.
pub(crate) fn at<R>(sp: usize, f: impl FnOnce() -> R) -> R {
    let before = SP.with(|it| it.replace(sp));
    let result = f();
    SP.with(|it| it.set(before));
    result
}
