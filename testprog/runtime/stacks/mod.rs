//! The stacks that coroutine libraries register, so that a callback from a registered stack finds
//! the stack's true bounds instead of an estimate.
//!
//! A coroutine library registers a stack before any code runs on the stack, and retires
//! (unregisters) the stack before the stack's memory is used for anything else. A library does not
//! need to call the runtime at a stack switch, because the next callback finds the stack by the
//! stack pointer.

mod hints;
mod list;
mod node;

use std::fmt;
use std::sync::PoisonError;

use self::list::{List, Writer};
use super::bounds::{Bounds, STACK_GUARD};
use super::fatal;
use super::sync::{self, Mutex, MutexGuard};

/// All registered stacks of the process.
#[derive(Debug)]
pub(super) struct Stacks {
    list: List,
    writer: Mutex<Writer>,
}

/// Reason why a stack was not registered or not retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StackError {
    /// The addresses cannot be the bounds of a stack, because the lower end is 0 or above the upper
    /// end, or the size is at most [`STACK_GUARD`].
    Invalid,
    /// The stack overlaps a registered stack, whose bounds this variant holds. The usual cause is a
    /// registered stack that was freed without being retired.
    Overlaps(Bounds),
    /// No registered stack begins at the address `lo`.
    Unknown,
}

impl fmt::Display for StackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => write!(f, "a stack must have more than {STACK_GUARD} bytes"),
            Self::Overlaps(Bounds { lo, hi }) => {
                write!(f, "the stack overlaps the registered stack [{lo:#x}, {hi:#x}]")
            }
            Self::Unknown => f.write_str("no registered stack begins at this address"),
        }
    }
}

/// Guard that holds the lock of the registered stacks until the guard is dropped.
#[derive(Debug)]
pub(super) struct Writing<'stacks> {
    writer: MutexGuard<'stacks, Writer>,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        sync::set_writing(false);
    }
}

impl Stacks {
    pub(super) const fn new() -> Self {
        Self { list: List::new(), writer: Mutex::new(Writer::new()) }
    }

    /// Registers a stack with its bounds. Signal handlers must not call this function, because it
    /// takes a lock and may allocate memory.
    pub(super) fn register(&self, stack: Bounds) -> Result<(), StackError> {
        if stack.lo == 0 || stack.hi.saturating_sub(stack.lo) <= STACK_GUARD {
            return Err(StackError::Invalid);
        }
        let mut writing = self.writing();
        if let Some(other) = self.list.meeting(stack) {
            return Err(StackError::Overlaps(other));
        }
        self.list.insert(&mut writing.writer, stack.told());
        Ok(())
    }

    /// Retires the stack that begins at `lo`, and returns the stack's bounds. Signal handlers must
    /// not call this function, because it takes a lock and may allocate memory.
    pub(super) fn retire(&self, lo: usize) -> Result<Bounds, StackError> {
        let mut writing = self.writing();
        let Bounds { lo, .. } = Bounds { lo, hi: lo }.told();
        self.list.remove(&mut writing.writer, lo).ok_or(StackError::Unknown)
    }

    /// Takes the lock that every change of the registered stacks needs. If this thread already
    /// holds the lock or waits for the lock, because a signal handler has interrupted the thread,
    /// this function aborts the process.
    pub(super) fn writing(&self) -> Writing<'_> {
        if sync::set_writing(true) {
            fatal::abort(|message| {
                message.text("deadlock: a signal handler interrupted a change of the stacks");
            });
        }
        Writing { writer: self.writer.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Returns the registered stack that contains a stack pointer. This function takes no lock and
    /// is async-signal-safe.
    pub(super) fn find(&self, sp: usize) -> Option<Bounds> {
        self.list.find(sp)
    }

    /// Returns the generation of the list, which changes with each registration and retirement. A
    /// lookup that begins after a call of this function sees at least the changes up to the
    /// returned generation.
    #[inline]
    pub(super) fn generation(&self) -> usize {
        self.list.generation()
    }

    /// Returns the registered stack that contains a stack pointer, if a shortcut leads to that
    /// stack and the list's generation is still `generation`. A lookup through a shortcut takes
    /// fewer steps than [`find`](Self::find).
    #[inline]
    pub(super) fn find_again(&self, sp: usize, generation: usize) -> Option<Bounds> {
        self.list.find_again(sp, generation)
    }

    /// Returns whether any registered stack overlaps a range. This function takes no lock and is
    /// async-signal-safe.
    pub(super) fn any_in(&self, range: Bounds) -> bool {
        self.list.meeting(range).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Bounds = Bounds { lo: 0x10_0000, hi: 0x20_0000 };
    const SECOND: Bounds = Bounds { lo: 0x20_0000, hi: 0x21_0000 };

    #[test]
    fn a_stack_pointer_at_the_top_is_on_the_lower_of_two_stacks_in_a_row() {
        let stacks = Stacks::new();
        stacks.register(SECOND).unwrap();
        stacks.register(FIRST).unwrap();
        assert_eq!(stacks.find(FIRST.hi), Some(FIRST));
        assert_eq!(stacks.find(FIRST.hi + 1), Some(SECOND));
        assert_eq!(stacks.find(FIRST.lo), None);
    }

    #[test]
    fn what_was_found_is_found_again_until_something_changes() {
        let stacks = Stacks::new();
        stacks.register(FIRST).unwrap();
        let before = stacks.generation();
        assert_eq!(stacks.find_again(FIRST.hi, before), None, "no lookup has left a shortcut yet");
        assert_eq!(stacks.find(FIRST.hi), Some(FIRST));
        assert_eq!(stacks.find_again(FIRST.hi, before), Some(FIRST));
        assert_eq!(stacks.find_again(FIRST.hi + 1, before), None);
        stacks.register(SECOND).unwrap();
        assert_eq!(stacks.find_again(FIRST.hi, before), None);
        assert_eq!(stacks.find_again(FIRST.hi, stacks.generation()), Some(FIRST));
        stacks.retire(FIRST.lo).unwrap();
        assert_eq!(stacks.find_again(FIRST.hi, stacks.generation()), None);
        // Another registered stack now contains the memory of the first stack.
        stacks.retire(SECOND.lo).unwrap();
        let other = Bounds { lo: FIRST.lo + 4096, hi: FIRST.hi + 4096 };
        stacks.register(other).unwrap();
        assert_eq!(stacks.find(FIRST.hi), Some(other));
        assert_eq!(stacks.find_again(FIRST.hi, stacks.generation()), Some(other));
    }

    #[test]
    fn so_many_stacks_that_shortcuts_are_laid_anew_are_all_found_again() {
        const COUNT: usize = if cfg!(miri) { 100 } else { 5000 };
        let stacks = Stacks::new();
        let stack = |turn| Bounds { lo: turn << 14, hi: (turn + 1) << 14 };
        (1..=COUNT).for_each(|turn| stacks.register(stack(turn)).unwrap());
        for turn in 1..=COUNT {
            assert_eq!(stacks.find(stack(turn).hi - 100), Some(stack(turn)));
        }
        for turn in 1..=COUNT {
            let found = stacks.find_again(stack(turn).hi - 100, stacks.generation());
            assert_eq!(found, Some(stack(turn)), "adjacent stacks have adjacent places");
        }
    }

    #[test]
    fn the_same_stack_twice_and_one_that_overlaps_are_refused() {
        let stacks = Stacks::new();
        stacks.register(FIRST).unwrap();
        let (lo, hi) = (FIRST.lo, FIRST.hi);
        for (lo, hi) in
            [(lo, hi), (lo - 4096, lo + 4096), (lo + 4096, hi - 4096), (hi - 1, hi + 8192)]
        {
            assert_eq!(stacks.register(Bounds { lo, hi }), Err(StackError::Overlaps(FIRST)));
        }
        stacks.register(SECOND).unwrap();
    }

    #[test]
    fn what_is_no_stack_is_refused() {
        let stacks = Stacks::new();
        for (lo, hi) in [(0, 1 << 20), (8192, 4096), (8192, 8192), (8192, 8192 + STACK_GUARD)] {
            assert_eq!(stacks.register(Bounds { lo, hi }), Err(StackError::Invalid), "{lo} {hi}");
        }
        stacks.register(Bounds { lo: 8192, hi: 8193 + STACK_GUARD }).unwrap();
    }

    #[test]
    fn a_stack_at_an_odd_address_is_no_estimate_and_is_retired_by_that_address() {
        let stacks = Stacks::new();
        stacks.register(Bounds { lo: FIRST.lo + 1, hi: FIRST.hi }).unwrap();
        let found = stacks.find(FIRST.hi).unwrap();
        assert!(!found.is_estimate());
        assert_eq!(stacks.retire(FIRST.lo + 1), Ok(found));
    }

    #[test]
    fn only_what_is_registered_is_retired_and_only_once() {
        let stacks = Stacks::new();
        stacks.register(FIRST).unwrap();
        assert_eq!(stacks.retire(FIRST.lo + 1), Err(StackError::Unknown));
        assert_eq!(stacks.retire(FIRST.lo), Ok(FIRST));
        assert_eq!(stacks.retire(FIRST.lo), Err(StackError::Unknown));
        stacks.register(FIRST).unwrap();
    }
}
