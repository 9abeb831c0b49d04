//! Replaces `coroutine_present.rs` on targets for which the crate corosensei has no context switch.
//! On targets without corosensei's context switch, the capability `coroutine` is missing, so no
//! scenario calls [`on_stack`].
#![expect(unsafe_code, reason = "`on_stack` has the same type on every target")]

use std::ffi::{c_int, c_void};

/// Whether a stack switch by corosensei informs the operating system of the new stack's bounds.
pub(crate) const TELLS_THE_SYSTEM: bool = false;

/// Returns the error number ENOTSUP without calling `_body`.
///
/// # Safety
///
/// Every call of this function is safe. The function is declared unsafe only to have the same type
/// as on other targets.
pub(crate) unsafe extern "C" fn on_stack(
    _stack: *mut c_void,
    _size: usize,
    _body: extern "C" fn(*mut c_void),
    _arg: *mut c_void,
) -> c_int {
    const NOT_SUPPORTED: c_int = 95; // ENOTSUP is 95 on Linux.
    NOT_SUPPORTED
}

/// Replaces the type `Task` of `coroutine_present.rs`, a coroutine.
pub(crate) struct Task;

impl Task {
    /// Returns a coroutine that never runs.
    pub(crate) fn new(_body: impl FnOnce(&dyn Fn()) + Send + 'static) -> Self {
        Self
    }

    /// Does nothing.
    #[expect(clippy::unused_self, reason = "`resume` has the same type on every target")]
    pub(crate) fn resume(&mut self) {}
}
