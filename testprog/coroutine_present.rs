//! Runs code on another stack by the context switch of corosensei.
#![expect(unsafe_code, reason = "lends memory to a coroutine as its stack")]

use std::ffi::{c_int, c_void};
use std::num::NonZero;

use corosensei::stack::{MIN_STACK_SIZE, STACK_ALIGNMENT, Stack, StackPointer};
use corosensei::{Coroutine, CoroutineResult};

/// Whether the system learns of each switch of stacks. Windows keeps the bounds of the stack in use
/// in the thread's environment block. corosensei sets them there to the result of `teb_fields`.
pub(crate) const TELLS_THE_SYSTEM: bool = cfg!(windows);

/// Memory of the caller, used as a stack.
struct Lent {
    base: StackPointer,
    limit: StackPointer,
}

// SAFETY: `on_stack` checks that the memory is large enough, and its caller does not use the memory
// while the coroutine lives. The memory has no guard page, but a scenario's callback needs less
// than all of it.
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

/// Runs `body(arg)` on the `size` bytes at `stack`, and returns 0 or an errno value. The type is
/// `csrc_on_stack` of `csrc/testprog.h`.
///
/// # Safety
///
/// Nothing else may use the memory until this function returns, and `arg` must be valid for `body`.
pub(crate) unsafe extern "C" fn on_stack(
    stack: *mut c_void,
    size: usize,
    body: extern "C" fn(*mut c_void),
    arg: *mut c_void,
) -> c_int {
    const INVALID: c_int = 22; // EINVAL has this value on all targets of corosensei
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
