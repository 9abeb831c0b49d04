//! Another stack by the context switch of corosensei.
#![expect(unsafe_code, reason = "lends memory to a coroutine as its stack")]

use std::ffi::{c_int, c_void};
use std::num::NonZero;

use corosensei::stack::{MIN_STACK_SIZE, STACK_ALIGNMENT, Stack, StackPointer};
use corosensei::{Coroutine, CoroutineResult};

/// Whether the system knows of each switch. Windows keeps the bounds of the stack in use in the thread's environment
/// block, where corosensei sets them: `teb_fields` below.
pub(crate) const TELLS_THE_SYSTEM: bool = cfg!(windows);

/// Memory that somebody else owns, as a stack.
struct Lent {
    base: StackPointer,
    limit: StackPointer,
}

// SAFETY: `on_stack` lends memory that is large enough and is not used otherwise while the coroutine lives. It has no guard
// page: a scenario's callback needs less than it has, and the runtime's own guard is what is under test.
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

/// Runs `body(arg)` on the `size` bytes at `stack` and comes back; as `csrc_on_stack` in `csrc/testprog.h`.
///
/// # Safety
///
/// The memory must be free for use as a stack until it returns, and `arg` must be what `body` takes.
pub(crate) unsafe extern "C" fn on_stack(
    stack: *mut c_void,
    size: usize,
    body: extern "C" fn(*mut c_void),
    arg: *mut c_void,
) -> c_int {
    const INVALID: c_int = 22; // EINVAL, the same on every system with a coroutine
    let align = |address: usize| NonZero::new(address & !(STACK_ALIGNMENT - 1));
    let lowest = stack.addr().checked_next_multiple_of(STACK_ALIGNMENT).and_then(NonZero::new);
    let (Some(base), Some(limit)) = (align(stack.addr() + size), lowest) else { return INVALID };
    if base.get() - limit.get() < MIN_STACK_SIZE {
        return INVALID;
    }
    let mut coroutine = Coroutine::with_stack(Lent { base, limit }, move |_, ()| body(arg));
    match coroutine.resume(()) {
        CoroutineResult::Return(()) => 0,
        CoroutineResult::Yield(()) => unreachable!("the body has nothing to yield with"),
    }
}
