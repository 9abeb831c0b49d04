//! Runs code on another stack, with the context switch of the crate corosensei.
#![expect(unsafe_code, reason = "lends memory to a coroutine as its stack, and exports a function")]

use std::ffi::{c_int, c_void};
use std::num::NonZero;

use corosensei::stack::{MIN_STACK_SIZE, STACK_ALIGNMENT, Stack, StackPointer};
use corosensei::{Coroutine, CoroutineResult, Yielder};

/// Whether a stack switch by corosensei informs the operating system of the new stack's bounds.
/// Windows keeps the bounds of the stack in use in the thread environment block (TEB), where
/// corosensei stores the result of `teb_fields` at each switch.
pub(crate) const TELLS_THE_SYSTEM: bool = cfg!(windows);

/// Memory that the caller of `on_stack` lends to a coroutine as its stack.
struct Lent {
    base: StackPointer,
    limit: StackPointer,
}

// SAFETY: the function `on_stack` checks that the memory is large enough, and the caller of
// `on_stack` does not use the memory while the coroutine exists. The memory has no guard page, but
// the memory is larger than the stack that a scenario's callback needs.
unsafe impl Stack for Lent {
    fn base(&self) -> StackPointer {
        self.base
    }

    fn limit(&self) -> StackPointer {
        self.limit
    }

    #[cfg(windows)]
    fn teb_fields(&self) -> corosensei::stack::StackTebFields {
        corosensei::stack::StackTebFields {
            StackBase: self.base.get(),
            StackLimit: self.limit.get(),
            DeallocationStack: self.limit.get(),
            GuaranteedStackBytes: 0,
        }
    }

    #[cfg(windows)]
    fn update_teb_fields(&mut self, _stack_limit: usize, _guaranteed_stack_bytes: usize) {}
}

/// Runs `body(arg)` on the `size` bytes at `stack`, and returns 0 or an errno value. The function
/// has the type `csrc_on_stack` of `csrc/testprog.h`.
///
/// # Safety
///
/// No other code may use the memory at `stack` until this function returns, and `arg` must be valid
/// for `body`.
#[unsafe(export_name = "csrc_on_stack_coroutine")]
pub(crate) unsafe extern "C" fn on_stack(
    stack: *mut c_void,
    size: usize,
    body: extern "C" fn(*mut c_void),
    arg: *mut c_void,
) -> c_int {
    const INVALID: c_int = 22; // EINVAL is 22 on all targets of corosensei.
    let align = |address: usize| NonZero::new(address & !(STACK_ALIGNMENT - 1));
    let lowest = stack.addr().checked_next_multiple_of(STACK_ALIGNMENT).and_then(NonZero::new);
    let (Some(base), Some(limit)) = (align(stack.addr() + size), lowest) else { return INVALID };
    if base.get() - limit.get() < MIN_STACK_SIZE {
        return INVALID;
    }
    let mut coroutine = Coroutine::with_stack(Lent { base, limit }, move |_, ()| body(arg));
    match coroutine.resume(()) {
        CoroutineResult::Return(()) => 0,
        CoroutineResult::Yield(()) => {
            unreachable!("the body has no access to the coroutine's yielder")
        }
    }
}

/// A coroutine with a stack of its own.
pub(crate) struct Task(Coroutine<(), (), ()>);

// SAFETY: the bodies of the coroutines in this program hold only references that are valid on every
// thread.
unsafe impl Send for Task {}

impl Task {
    /// Creates a coroutine that has not started. The coroutine runs `body`, which suspends the
    /// coroutine by calling the argument of `body`.
    pub(crate) fn new(body: impl FnOnce(&dyn Fn()) + Send + 'static) -> Self {
        Self(Coroutine::new(move |yielder: &Yielder<(), ()>, ()| body(&|| yielder.suspend(()))))
    }

    /// Runs the coroutine until it suspends itself or returns.
    pub(crate) fn resume(&mut self) {
        self.0.resume(());
    }
}
