//! Memory for stacks that are registered with the runtime. The runtime uses registered stacks only
//! with the policy `Registered`.
#![expect(unsafe_code, reason = "leaves the stacks' memory uninitialized")]

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::runtime;

/// Adjacent stacks of equal size in one block of memory.
#[derive(Debug)]
pub(crate) struct Stacks {
    memory: Box<[Bytes]>,
    turn: AtomicUsize,
}

type Bytes = UnsafeCell<MaybeUninit<[u8; Stacks::SIZE]>>;

impl Stacks {
    /// Size of each stack, in bytes, large enough for a callback. With this size, 100,000 stacks
    /// take 1.6 GB of address space, of which the system allocates only the pages in use.
    pub(crate) const SIZE: usize = 16 << 10;

    /// Allocates and registers `count` stacks.
    pub(crate) fn new(count: usize) -> Self {
        // SAFETY: the elements have the type `MaybeUninit`, which needs no initialization.
        let memory = unsafe { Box::new_uninit_slice(count).assume_init() };
        let stacks = Self { memory, turn: AtomicUsize::new(0) };
        for turn in 0..count {
            let lo = stacks.nth(turn).addr();
            runtime::register_stack(lo, lo + Self::SIZE)
                .expect("new memory overlaps no registered stack");
        }
        stacks
    }

    /// Returns the lowest address of the stack with the number `turn`.
    pub(crate) fn nth(&self, turn: usize) -> *mut c_void {
        self.memory[turn].get().cast()
    }

    /// Returns the lowest address of the next stack. After the last stack, the function begins
    /// again with the first stack.
    pub(crate) fn next(&self) -> *mut c_void {
        let turn = self.turn.load(Ordering::Relaxed);
        self.turn.store(if turn + 1 == self.count() { 0 } else { turn + 1 }, Ordering::Relaxed);
        self.nth(turn)
    }

    /// Returns the number of stacks.
    fn count(&self) -> usize {
        self.memory.len()
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        for turn in 0..self.count() {
            runtime::retire_stack(self.nth(turn).addr()).expect("`new` has registered each stack");
        }
    }
}

/// Calls `f` with `count` registered stacks. The stacks stay registered until this function is
/// called with another `count`.
pub(crate) fn kept(count: usize, f: impl FnOnce(&Stacks)) {
    static KEPT: Mutex<Option<Stacks>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    // If the number of kept stacks is not `count`, `filter` drops the kept stacks, which also
    // retires them.
    let stacks = kept.take().filter(|stacks| stacks.count() == count);
    let stacks = stacks.unwrap_or_else(|| Stacks::new(count));
    f(kept.insert(stacks));
}
