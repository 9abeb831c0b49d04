//! No context switch of corosensei for this processor: the capability `coroutine` is missing, and this is never called.

use std::ffi::{c_int, c_void};

/// Whether the system knows of each switch.
pub(crate) const TELLS_THE_SYSTEM: bool = false;

/// Runs nothing.
pub(crate) extern "C" fn on_stack(
    _stack: *mut c_void,
    _size: usize,
    _body: extern "C" fn(*mut c_void),
    _arg: *mut c_void,
) -> c_int {
    const NOT_SUPPORTED: c_int = 95; // ENOTSUP on Linux
    NOT_SUPPORTED
}
