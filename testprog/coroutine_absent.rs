//! Stand-in for targets without a context switch of corosensei. The capability `coroutine` is
//! missing there, so no scenario calls [`on_stack`].
#![expect(unsafe_code, reason = "the type must be the same on every target")]

use std::ffi::{c_int, c_void};

/// Whether the system learns of each switch of stacks.
pub(crate) const TELLS_THE_SYSTEM: bool = false;

/// Returns ENOTSUP, without a call of the body.
///
/// # Safety
///
/// This function is always safe to call. It is unsafe only to have the same type as the function of
/// other targets.
pub(crate) unsafe extern "C" fn on_stack(
    _stack: *mut c_void,
    _size: usize,
    _body: extern "C" fn(*mut c_void),
    _arg: *mut c_void,
) -> c_int {
    const NOT_SUPPORTED: c_int = 95; // ENOTSUP on Linux
    NOT_SUPPORTED
}
