//! No context switch of corosensei for this processor: the capability `coroutine` is missing, and this is never called.
#![expect(unsafe_code, reason = "the same signature as where there is one")]

use std::ffi::{c_int, c_void};

/// Whether the system knows of each switch.
pub(crate) const TELLS_THE_SYSTEM: bool = false;

/// Runs nothing.
///
/// # Safety
///
/// None needed; as where it runs something.
pub(crate) unsafe extern "C" fn on_stack(
    _stack: *mut c_void,
    _size: usize,
    _body: extern "C" fn(*mut c_void),
    _arg: *mut c_void,
) -> c_int {
    const NOT_SUPPORTED: c_int = 95; // ENOTSUP on Linux
    NOT_SUPPORTED
}
