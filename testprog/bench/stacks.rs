//! Memory for stacks, registered with the runtime. Only the policy `Registered` looks at that.
#![expect(unsafe_code, reason = "leaves memory uninitialized")]

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::runtime;

/// Stacks in a row.
#[derive(Debug)]
pub(crate) struct Stacks {
    memory: Box<[Bytes]>,
    turn: AtomicUsize,
}

type Bytes = UnsafeCell<MaybeUninit<[u8; Stacks::SIZE]>>;

impl Stacks {
    /// How large each one is, in bytes: enough for a callback, and little enough for 100,000 of them, of which the system
    /// gives only the pages that are in use.
    pub(crate) const SIZE: usize = 16 << 10;

    pub(crate) fn new(count: usize) -> Self {
        // SAFETY: memory that may be uninitialized, in a cell, need not be initialized.
        let memory = unsafe { Box::new_uninit_slice(count).assume_init() };
        let stacks = Self { memory, turn: AtomicUsize::new(0) };
        for turn in 0..count {
            let lo = stacks.nth(turn).addr();
            runtime::register_stack(lo, lo + Self::SIZE).expect("it is new memory");
        }
        stacks
    }

    /// Returns the lowest address of one of them.
    pub(crate) fn nth(&self, turn: usize) -> *mut c_void {
        self.memory[turn].get().cast()
    }

    /// Returns the lowest address of the one whose turn it is.
    pub(crate) fn next(&self) -> *mut c_void {
        let turn = self.turn.load(Ordering::Relaxed);
        self.turn.store(if turn + 1 == self.count() { 0 } else { turn + 1 }, Ordering::Relaxed);
        self.nth(turn)
    }

    fn count(&self) -> usize {
        self.memory.len()
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        for turn in 0..self.count() {
            runtime::retire_stack(self.nth(turn).addr()).expect("`new` has registered it");
        }
    }
}

/// Calls `f` with so many stacks, which stay registered until another number is asked for.
pub(crate) fn kept(count: usize, f: impl FnOnce(&Stacks)) {
    static KEPT: Mutex<Option<Stacks>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    // Others are retired first.
    let stacks = kept.take().filter(|stacks| stacks.count() == count);
    let stacks = stacks.unwrap_or_else(|| Stacks::new(count));
    f(kept.insert(stacks));
}
